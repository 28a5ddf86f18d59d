//! Our reader of robots.txt against two others, over files that nobody wrote by hand.
//!
//! Where all three are known to agree with RFC 9309 they must agree. Left out is what the others
//! read wrongly, each with a row of its own below, so that a release which heals it is noticed:
//! `texting_robots` 0.2.2 does not normalise lower-case percent-encoding and does not trim a
//! version off an agent's name; `robotstxt` 0.3.0 stumbles over a byte-order mark, lets `Sitemap`
//! split a group, forbids `/robots.txt` itself, and
//! loses its way behind a star when a letter occurs twice (`/*b$` for `/abb`, `/*ba` for `/bba`); both let `Crawl-delay` split a group.

use chaffinch::crawl::{Access, Robots};
use proptest::prelude::*;
use robotstxt::DefaultMatcher;
use texting_robots::Robot;
use url::Url;

const AGENT: &str = "chaffinch";

fn ours(robots: &str, url: &str) -> bool {
    let url = Url::parse(url).unwrap();
    Robots::parse(robots.as_bytes(), AGENT).access(&url) == Access::Allowed
}

fn texting(robots: &str, url: &str) -> bool {
    Robot::new(AGENT, robots.as_bytes()).unwrap().allowed(url)
}

fn google(robots: &str, url: &str) -> bool {
    DefaultMatcher::default().one_agent_allowed_by_robots(robots, AGENT, url)
}

/// Paths of few letters, so that rules and addresses meet often.
fn pattern() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![8 => "[ab/.]", 2 => Just("*".to_owned())], 0..6)
        .prop_flat_map(|parts| {
            let path = format!("/{}", parts.concat());
            prop_oneof![4 => Just(path.clone()), 1 => Just(path + "$")]
        })
}

fn rule() -> impl Strategy<Value = String> {
    let key = prop_oneof!["Disallow", "Allow", "disallow", "ALLOW"];
    let space = prop_oneof![Just(""), Just(" "), Just("\t")];
    let comment = prop_oneof![6 => Just(""), 1 => Just(" # a note")];
    (key, space, pattern(), comment)
        .prop_map(|(key, space, path, comment)| format!("{key}:{space}{path}{comment}"))
}

fn group() -> impl Strategy<Value = Vec<String>> {
    let agent = prop_oneof![
        3 => Just("*"), 3 => Just("chaffinch"), 1 => Just("Chaffinch"), 2 => Just("otherbot")
    ];
    let agents = proptest::collection::vec(agent, 1..3);
    (agents, proptest::collection::vec(rule(), 1..6)).prop_map(|(agents, rules)| {
        let agents = agents.iter().map(|agent| format!("User-agent: {agent}"));
        agents.chain(rules).collect()
    })
}

fn robots_txt() -> impl Strategy<Value = String> {
    let end = prop_oneof!["\n", "\r\n", "\r"];
    (proptest::collection::vec(group(), 1..5), end)
        .prop_map(|(groups, end)| groups.concat().join(&end) + &end)
}

fn path() -> impl Strategy<Value = String> {
    "[ab/.]{0,7}(\\?[ab=]{0,3})?".prop_map(|path| format!("/{path}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_readers_agree(robots in robots_txt(), path in path()) {
        // The URL standard takes dot segments away, which the others are not told.
        let url = Url::parse(&format!("http://x.example{path}")).unwrap();
        let url = url.as_str();
        let verdict = ours(&robots, url);
        let has_star = robots.lines().any(|line| line.contains('/') && line.contains('*'));
        if !has_star {
            prop_assert_eq!(verdict, google(&robots, url), "robotstxt: {} for {:?}", url, robots);
        }
        prop_assert_eq!(verdict, texting(&robots, url), "texting_robots: {} for {:?}", url, robots);
    }
}

/// What the peers read wrongly, by RFC 9309, and we do not.
#[test]
fn where_the_others_are_wrong() {
    for (robots, path, right, texting_says, google_says) in [
        (
            "user-agent: *\ndisallow: /%c3%a9",
            "/%C3%A9",
            false,
            true,
            false,
        ),
        (
            "user-agent: chaffinch/1.0\ndisallow: /x",
            "/x",
            false,
            true,
            false,
        ),
        (
            "\u{feff}user-agent: *\ndisallow: /x",
            "/x",
            false,
            false,
            true,
        ),
        (
            "user-agent: chaffinch\nsitemap: http://x.example/s\nuser-agent: b\ndisallow: /x",
            "/x",
            false,
            false,
            true,
        ),
        (
            "user-agent: *\ndisallow: /",
            "/robots.txt",
            true,
            true,
            false,
        ),
        (
            "user-agent: chaffinch\ncrawl-delay: 1\nuser-agent: b\ndisallow: /x",
            "/x",
            false,
            true,
            true,
        ),
    ] {
        let url = format!("http://x.example{path}");
        assert_eq!(ours(robots, &url), right, "{robots:?}");
        assert_eq!(
            texting(robots, &url),
            texting_says,
            "texting_robots: {robots:?}"
        );
        assert_eq!(google(robots, &url), google_says, "robotstxt: {robots:?}");
    }
}
