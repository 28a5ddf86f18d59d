//! The language: what the page declares, else what its text shows.

use super::head::Head;
use super::json_ld::JsonLd;
use crate::article::ValueSource;

/// Fewest letters from which a language is detected: below that the guess is often wrong.
const DETECT_MASS: u32 = 80;

/// The declared language as a BCP 47 tag, and what declares it.
#[must_use]
pub fn declared(head: &Head, json_ld: &JsonLd) -> Option<(String, ValueSource)> {
    let meta = head.meta(&[
        "og:locale",
        "content-language",
        "dc.language",
        "language",
        "inlanguage",
    ]);
    let claims = [
        (head.lang.as_deref(), ValueSource::Lang),
        (json_ld.language.as_deref(), ValueSource::JsonLd),
        (meta, ValueSource::Meta),
    ];
    let mut tags = claims
        .into_iter()
        .filter_map(|(claim, source)| Some((tag(claim?)?, source)));
    tags.next()
}

/// A well-formed tag in its usual case (`pt-BR`), from `pt_br`, `PT-br` and the like.
#[must_use]
pub fn tag(claim: &str) -> Option<String> {
    let claim = claim.split([',', ';']).next()?.trim().replace('_', "-");
    let mut parts = claim.split('-');
    let language = parts.next()?.to_ascii_lowercase();
    let well_formed =
        (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    if !well_formed || language == "und" || language == "mul" {
        return None;
    }
    let rest = parts.take(3).filter(|part| {
        part.bytes().all(|b| b.is_ascii_alphanumeric()) && (2..=8).contains(&part.len())
    });
    Some(rest.fold(language, |tag, part| format!("{tag}-{}", cased(part))))
}

/// Scripts are written `Latn`, regions `BR`.
fn cased(part: &str) -> String {
    match part.len() {
        2 => part.to_ascii_uppercase(),
        4 => part
            .char_indices()
            .map(|(at, c)| {
                if at == 0 {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect(),
        _ => part.to_ascii_lowercase(),
    }
}

/// How much of a text is looked at, in bytes: the second when the first does not tell. Of 2,261
/// pages of the development suites one is told another language by the first than by the second
/// alone, and the first is right.
const SAMPLES: [usize; 2] = [1_024, 4_096];

/// The language of a text, when it is long and clear enough.
#[must_use]
pub fn detected(body: &str) -> Option<String> {
    let samples = SAMPLES.map(|bytes| body.get(..body.floor_char_boundary(bytes)));
    let [short, long] = samples.map(Option::unwrap_or_default);
    let told = told_by(short);
    let told = told.or_else(|| told_by(long).filter(|_| long.len() > short.len()));
    Some(two_letters(told?.code()).to_owned())
}

fn told_by(sample: &str) -> Option<whatlang::Lang> {
    if crate::extract::text::mass(sample) < DETECT_MASS {
        return None;
    }
    let info = whatlang::detect(sample).filter(whatlang::Info::is_reliable)?;
    Some(info.lang())
}

/// Those languages of the detector that have a two-letter code: ISO 639-3 and ISO 639-1.
#[rustfmt::skip]
const CODES: [(&str, &str); 67] = [
    ("afr", "af"), ("aka", "ak"), ("amh", "am"), ("ara", "ar"), ("aze", "az"), ("bel", "be"),
    ("ben", "bn"), ("bul", "bg"), ("cat", "ca"), ("ces", "cs"), ("cmn", "zh"), ("cym", "cy"),
    ("dan", "da"), ("deu", "de"), ("ell", "el"), ("eng", "en"), ("epo", "eo"), ("est", "et"),
    ("fin", "fi"), ("fra", "fr"), ("guj", "gu"), ("heb", "he"), ("hin", "hi"), ("hrv", "hr"),
    ("hun", "hu"), ("hye", "hy"), ("ind", "id"), ("ita", "it"), ("jav", "jv"), ("jpn", "ja"),
    ("kan", "kn"), ("kat", "ka"), ("khm", "km"), ("kor", "ko"), ("lat", "la"), ("lav", "lv"),
    ("lit", "lt"), ("mal", "ml"), ("mar", "mr"), ("mkd", "mk"), ("mya", "my"), ("nep", "ne"),
    ("nld", "nl"), ("nob", "nb"), ("ori", "or"), ("pan", "pa"), ("pes", "fa"), ("pol", "pl"),
    ("por", "pt"), ("ron", "ro"), ("rus", "ru"), ("sin", "si"), ("slk", "sk"), ("slv", "sl"),
    ("sna", "sn"), ("spa", "es"), ("srp", "sr"), ("swe", "sv"), ("tam", "ta"), ("tel", "te"),
    ("tgl", "tl"), ("tha", "th"), ("tuk", "tk"), ("tur", "tr"), ("ukr", "uk"), ("urd", "ur"),
    ("vie", "vi"),
];

/// ISO 639-1 for ISO 639-3, as BCP 47 wants the shortest code.
fn two_letters(code: &'static str) -> &'static str {
    CODES
        .iter()
        .find(|(three, _)| *three == code)
        .map_or(code, |(_, two)| two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_normalised() {
        let rows = [
            ("en", "en"),
            ("EN_us", "en-US"),
            ("zh-hans-cn", "zh-Hans-CN"),
            ("de-DE, en", "de-DE"),
            ("pt-br", "pt-BR"),
        ];
        for (claim, want) in rows {
            assert_eq!(tag(claim).as_deref(), Some(want), "{claim}");
        }
        for claim in ["", "english", "x", "{{lang}}", "und"] {
            assert_eq!(tag(claim), None, "{claim}");
        }
    }

    #[test]
    fn long_text_shows_its_language() {
        let text = "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke noch in diesem Jahr zu erneuern. \
                    Die Arbeiten sollen im Herbst beginnen und werden voraussichtlich sieben Monate dauern.";
        assert_eq!(detected(text).as_deref(), Some("de"));
        assert_eq!(detected("Ja."), None);
    }
}
