//! The cases of html5lib, which all tokenizers share.

use serde_json::Value;

use super::super::Content;
use super::{Recorder, Start, doctype_line, ours};

/// The cases of html5lib: testdata/README.md.
const CASES: [&str; 12] = [
    include_str!("../../../../../testdata/html5lib/contentModelFlags.test"),
    include_str!("../../../../../testdata/html5lib/domjs.test"),
    include_str!("../../../../../testdata/html5lib/entities.test"),
    include_str!("../../../../../testdata/html5lib/escapeFlag.test"),
    include_str!("../../../../../testdata/html5lib/numericEntities.test"),
    include_str!("../../../../../testdata/html5lib/pendingSpecChanges.test"),
    include_str!("../../../../../testdata/html5lib/test1.test"),
    include_str!("../../../../../testdata/html5lib/test2.test"),
    include_str!("../../../../../testdata/html5lib/test3.test"),
    include_str!("../../../../../testdata/html5lib/test4.test"),
    include_str!("../../../../../testdata/html5lib/unicodeChars.test"),
    include_str!("../../../../../testdata/html5lib/unicodeCharsProblematic.test"),
];

#[test]
fn the_cases_of_html5lib_pass() {
    let (mut passed, mut no_text) = (0, 0);
    for file in CASES {
        let file: Value = serde_json::from_str(file).unwrap();
        for case in file["tests"].as_array().unwrap() {
            for start in starts(case) {
                match run_case(case, start) {
                    Some(()) => passed += 1,
                    None => no_text += 1,
                }
            }
        }
    }
    assert!(passed > 2_500, "{passed}");
    // Half a surrogate pair is in no UTF-8, so that no page has it when it is parsed. No other case is
    // left out, and none that ran differs.
    assert_eq!(no_text, 4);
}

fn starts(case: &Value) -> Vec<Start<'_>> {
    let last_tag = case["lastStartTag"].as_str();
    let states = case["initialStates"].as_array();
    let state = |state: &Value| state.as_str().unwrap().to_owned();
    let states = states.map_or(vec!["Data state".to_owned()], |all| {
        all.iter().map(state).collect()
    });
    let start = |state: String| Start {
        content: match &*state {
            "Data state" | "CDATA section state" => Content::Data,
            "RCDATA state" => Content::Rcdata,
            "RAWTEXT state" => Content::Rawtext,
            "Script data state" => Content::Script,
            "PLAINTEXT state" => Content::Plaintext,
            other => panic!("{other}"),
        },
        last_tag,
        is_cdata: state == "CDATA section state",
    };
    states.into_iter().map(start).collect()
}

/// Whether the case could be run; that it passed.
fn run_case(case: &Value, start: Start) -> Option<()> {
    let text = |value: &Value| {
        let text = value.as_str().unwrap();
        if case["doubleEscaped"] == true {
            serde_json::from_str(&format!("\"{}\"", text.replace('"', "\\\""))).ok()
        } else {
            Some(text.to_owned())
        }
    };
    let input: String = text(&case["input"])?;
    let mut want: Vec<String> = Vec::new();
    for token in case["output"].as_array().unwrap() {
        want.push(want_line(token, &text)?);
    }
    let got = ours(&input, start, Recorder::default());
    assert_eq!(got, want, "{} in {start:?}", case["description"]);
    Some(())
}

fn want_line(token: &Value, text: &impl Fn(&Value) -> Option<String>) -> Option<String> {
    Some(match token[0].as_str().unwrap() {
        "DOCTYPE" => doctype_line(
            token[1].as_str(),
            token[2].as_str(),
            token[3].as_str(),
            token[4] == false,
        ),
        "Character" => format!("Character {:?}", text(&token[1])?),
        "Comment" => format!("Comment {:?}", text(&token[1])?),
        "EndTag" => format!("EndTag {} []", text(&token[1])?),
        "StartTag" => {
            let attrs = token[2].as_object().unwrap().iter();
            let attrs: Option<Vec<_>> = attrs
                .map(|(name, value)| Some((text(&name.as_str().into())?, text(value)?)))
                .collect();
            let slash = if token[3] == true { "/" } else { "" };
            format!("StartTag {}{slash} {:?}", text(&token[1])?, attrs?)
        }
        other => panic!("{other}"),
    })
}
