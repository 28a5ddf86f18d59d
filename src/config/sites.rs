//! `[[sites]]`: the user's rules for single sites.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use crate::extract::dom::Selector;
use crate::extract::rules::{Domain, Key, Rule, Rules, Site};

/// One `[[sites]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSection {
    /// The host that the rules are for, with its subdomains.
    pub domain: Spanned<Domain>,
    /// What holds the body.
    #[serde(default)]
    pub body: Selectors,
    /// What is dropped.
    #[serde(default)]
    pub drop: Selectors,
    /// What holds the headline.
    #[serde(default)]
    pub title: Selectors,
    /// What holds the authors' names.
    #[serde(default)]
    pub author: Selectors,
    /// What holds the date of publication.
    #[serde(default)]
    pub date: Selectors,
}

/// One selector, or a list of them.
#[derive(Debug, Clone, Default)]
pub struct Selectors(pub Vec<Selector>);

impl<'de> Deserialize<'de> for Selectors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Selectors;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a CSS selector or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Selectors, E> {
        Ok(Selectors(vec![One.visit_str(text)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Selectors, A::Error> {
        let mut selectors = Vec::new();
        while let Some(selector) = list.next_element_seed(One)? {
            selectors.push(selector);
        }
        Ok(Selectors(selectors))
    }
}

/// Parses while the string is at hand, so that an error has its place, in a list too.
struct One;

impl<'de> DeserializeSeed<'de> for One {
    type Value = Selector;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Selector, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for One {
    type Value = Selector;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a CSS selector")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Selector, E> {
        text.parse().map_err(E::custom)
    }
}

impl SiteSection {
    fn site(&self) -> Site {
        let keys = [
            (Key::Body, &self.body),
            (Key::Drop, &self.drop),
            (Key::Title, &self.title),
            (Key::Author, &self.author),
            (Key::Date, &self.date),
        ];
        let rule = |key, selector: &Selector| Rule {
            key,
            selector: selector.clone(),
        };
        Site {
            domain: self.domain.get_ref().clone(),
            rules: keys
                .into_iter()
                .flat_map(|(key, selectors)| selectors.0.iter().map(move |one| rule(key, one)))
                .collect(),
        }
    }
}

/// The rules of all sites.
pub(super) fn rules(sites: &[SiteSection]) -> Arc<Rules> {
    Arc::new(Rules::new(sites.iter().map(SiteSection::site).collect()))
}

/// The place and the name of the first domain that another section has, too.
pub(super) fn twice(sites: &[SiteSection]) -> Option<(usize, &Domain)> {
    let mut seen = std::collections::HashSet::new();
    sites
        .iter()
        .map(|site| &site.domain)
        .find(|domain| !seen.insert(domain.get_ref()))
        .map(|domain| (domain.span().start, domain.get_ref()))
}

#[cfg(test)]
mod tests {
    use super::super::File;

    fn error(text: &str) -> String {
        File::parse(text, "c.toml").unwrap_err().to_string()
    }

    #[test]
    fn rules_are_read_in_the_order_of_their_keys() {
        let text =
            "[[sites]]\ndomain = \"Example.COM\"\ndrop = [\".ad\", \"aside\"]\nbody = \"main\"";
        let file = File::parse(text, "c").unwrap();
        let rules = super::rules(&file.sites);
        let site = rules.of_host("www.example.com").unwrap();
        let shown = format!("{:?}", site.rules);
        assert_eq!(
            shown,
            "[Rule { key: Body, selector: \"main\" }, Rule { key: Drop, selector: \".ad\" }, \
             Rule { key: Drop, selector: \"aside\" }]"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let site = "[[sites]]\ndomain = \"x.example\"\n";
        for (text, want) in [
            (
                format!("{site}body = \"p[\"\n"),
                "c.toml:3:8: \"p[\" is no CSS selector",
            ),
            (
                format!("{site}drop = [\".a\",\n  \"p:contains(x)\"]\n"),
                "c.toml:4:3: \"p:contains(x)\" is no CSS selector",
            ),
            (
                format!("{site}boddy = \"p\"\n"),
                "c.toml:3:1: unknown field `boddy`",
            ),
            (format!("{site}title = 3\n"), "c.toml:3:9: "),
            (
                "[[sites]]\nbody = \"p\"\n".to_owned(),
                "c.toml:1:1: missing field `domain`",
            ),
            (
                "[[sites]]\ndomain = \"https://x.example/\"\n".to_owned(),
                "c.toml:2:10: \"https://x.example/\" is no domain",
            ),
            (
                format!("{site}[[sites]]\ndomain = \"X.example\"\n"),
                "c.toml:4:10: another [[sites]] is for x.example",
            ),
        ] {
            let error = error(&text);
            assert!(error.starts_with(want), "{error}");
        }
    }
}
