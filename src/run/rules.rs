//! Trying site rules on saved pages: what each selector hits, on which page and in all.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::extract::Options;
use crate::extract::rules::{Domain, Key, Trial, trial};
use crate::input::files::{self, Input};
use crate::page::Page;

/// What came of one page.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// The page, as the user named it or as it was found.
    pub file: String,
    /// The site whose rules were tried; none when no site has rules for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// What each selector hit, in the order of preference.
    pub rules: Vec<Trial>,
    /// Why nothing was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of all pages.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Pages whose site has rules.
    pub pages: u64,
    /// Inputs that could not be tried.
    pub failed: u64,
    /// Selectors of their sites.
    pub selectors: usize,
    /// Those that hit nothing on any page.
    pub unmatched: BTreeSet<Asked>,
    #[serde(skip)]
    asked: BTreeSet<Asked>,
}

/// A selector of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Asked {
    /// The site's domain.
    pub domain: String,
    /// What it is to find.
    pub key: Key,
    /// The selector as it was written.
    pub selector: String,
}

/// Tries rules on pages; `tell` hears of each. `domain` says whose rules, else the page's address.
pub fn try_on(
    inputs: impl Iterator<Item = Input>,
    reading: &files::Options,
    options: &Options,
    domain: Option<&Domain>,
    mut tell: impl FnMut(&Tried),
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut hit = BTreeSet::new();
    for input in inputs {
        let tried = match files::read(input, reading) {
            Ok(page) => try_one(&page, options, domain),
            Err(failure) => {
                let file = failure.source.and_then(|source| source.path);
                failed(file.unwrap_or_default(), failure.detail)
            }
        };
        outcome.failed += u64::from(tried.error.is_some());
        outcome.pages += u64::from(tried.domain.is_some());
        for rule in &tried.rules {
            let asked = Asked {
                domain: tried.domain.clone().unwrap_or_default(),
                key: rule.key,
                selector: rule.selector.clone(),
            };
            if rule.elements > 0 {
                hit.insert(asked.clone());
            }
            outcome.asked.insert(asked);
        }
        tell(&tried);
    }
    outcome.selectors = outcome.asked.len();
    outcome.unmatched = outcome.asked.difference(&hit).cloned().collect();
    outcome
}

fn try_one(page: &Page, options: &Options, domain: Option<&Domain>) -> Tried {
    let file = page.source.path.clone();
    let file = file.unwrap_or_else(|| "standard input".to_owned());
    let site = match domain {
        Some(domain) => options.rules.of_host(&domain.to_string()),
        None => options.rules.of(page),
    };
    let Some(site) = site else {
        let why = match (&page.url, domain) {
            (None, None) => "its address is unknown: give --domain, --base-url or --url-map",
            _ => "no [[sites]] is for it",
        };
        return failed(file, why.to_owned());
    };
    match trial(page, site, options) {
        Ok(rules) => Tried {
            file,
            domain: Some(site.domain.to_string()),
            rules,
            error: None,
        },
        Err(rejection) => failed(file, rejection.detail),
    }
}

fn failed(file: String, error: String) -> Tried {
    Tried {
        file,
        domain: None,
        rules: Vec::new(),
        error: Some(error),
    }
}
