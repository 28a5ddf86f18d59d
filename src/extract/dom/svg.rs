//! Names of SVG and `MathML` that have capitals, and prefixes of attributes: for selectors, which ask for
//! them as they are written there (HTML Standard §13.2.6.1 and 5).

use html5ever::{LocalName, QualName, namespace_prefix, ns};

use super::tree_construction::Namespace;

#[rustfmt::skip]
const ELEMENTS: [&str; 37] = [
    "altGlyph", "altGlyphDef", "altGlyphItem", "animateColor", "animateMotion", "animateTransform",
    "clipPath", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix",
    "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA",
    "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feImage", "feMerge", "feMergeNode",
    "feMorphology", "feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile",
    "feTurbulence", "foreignObject", "glyphRef", "linearGradient", "radialGradient", "textPath",
];

#[rustfmt::skip]
const ATTRIBUTES: [&str; 58] = [
    "attributeName", "attributeType", "baseFrequency", "baseProfile", "calcMode", "clipPathUnits",
    "diffuseConstant", "edgeMode", "filterUnits", "glyphRef", "gradientTransform", "gradientUnits",
    "kernelMatrix", "kernelUnitLength", "keyPoints", "keySplines", "keyTimes", "lengthAdjust",
    "limitingConeAngle", "markerHeight", "markerUnits", "markerWidth", "maskContentUnits", "maskUnits",
    "numOctaves", "pathLength", "patternContentUnits", "patternTransform", "patternUnits", "pointsAtX",
    "pointsAtY", "pointsAtZ", "preserveAlpha", "preserveAspectRatio", "primitiveUnits", "refX", "refY",
    "repeatCount", "repeatDur", "requiredExtensions", "requiredFeatures", "specularConstant",
    "specularExponent", "spreadMethod", "startOffset", "stdDeviation", "stitchTiles", "surfaceScale",
    "systemLanguage", "tableValues", "targetX", "targetY", "textLength", "viewBox", "viewTarget",
    "xChannelSelector", "yChannelSelector", "zoomAndPan",
];

/// The name of an element of SVG, from lower case.
pub(super) fn element(name: &str) -> &str {
    with_capitals(&ELEMENTS, name)
}

fn with_capitals<'n>(names: &'n [&'n str], name: &'n str) -> &'n str {
    let known = names.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.copied().unwrap_or(name)
}

/// The name of an attribute, from lower case.
pub(super) fn attribute(namespace: Namespace, name: &str) -> QualName {
    let plain = |name: &str| QualName::new(None, ns!(), LocalName::from(name));
    if namespace == Namespace::Html {
        return plain(name);
    }
    let local = |name: &str| LocalName::from(name);
    match name.split_once(':') {
        None if name == "xmlns" => {
            QualName::new(Some(namespace_prefix!("")), ns!(xmlns), local(name))
        }
        Some(("xlink", name)) if is_of_xlink(name) => {
            QualName::new(Some(namespace_prefix!("xlink")), ns!(xlink), local(name))
        }
        Some(("xml", name @ ("lang" | "space"))) => {
            QualName::new(Some(namespace_prefix!("xml")), ns!(xml), local(name))
        }
        Some(("xmlns", "xlink")) => {
            QualName::new(Some(namespace_prefix!("xmlns")), ns!(xmlns), local("xlink"))
        }
        _ if namespace == Namespace::MathMl => plain(with_capitals(&["definitionURL"], name)),
        _ => plain(with_capitals(&ATTRIBUTES, name)),
    }
}

fn is_of_xlink(name: &str) -> bool {
    matches!(
        name,
        "actuate" | "arcrole" | "href" | "role" | "show" | "title" | "type"
    )
}
