//! `[crawl]`, `[limits]`, `[output]` and flags → a crawl.

use std::time::Duration;

use super::{
    ConfigError, CrawlFlags, CrawlSection, DEFAULT_OUT, DEFAULT_USER_AGENT, File, PROJECT_PAGE,
    Span,
};
use crate::crawl::retry::Retry;
use crate::crawl::revisit::Revisit;
use crate::crawl::robots::product_token;
use crate::crawl::{Lanes, Politeness, url_key};
use crate::fetch;
use crate::run::crawl;

/// The crawl that flags and file ask for.
///
/// # Errors
///
/// [`ConfigError`] naming the setting that is wrong.
pub fn crawl_job(flags: CrawlFlags, file: &File) -> Result<crawl::Job, ConfigError> {
    let section = flags.section.over(file.crawl.clone());
    let output = flags.output.over(&file.output);
    let user_agent = user_agent(&section)?;
    let packs = output.options();
    if packs.packing.is_some() && packs.rotation.is_none() {
        return Err(ConfigError::new(
            "compress packs the files that rotate makes; set rotate, too",
        ));
    }
    let concurrency = section.concurrency.unwrap_or(32);
    if concurrency == 0 {
        return Err(ConfigError::new("concurrency must be at least 1"));
    }
    let timeout = section
        .timeout
        .map_or(Duration::from_secs(30), |span| span.0);
    if timeout.is_zero() {
        return Err(ConfigError::new("timeout must be more than 0s"));
    }
    let politeness = politeness(&section);
    let ignore_robots = hosts("ignore_robots", section.ignore_robots)?;
    let insecure_hosts = hosts("insecure", section.insecure)?;
    let set = section.proxy.as_deref().filter(|proxy| !proxy.is_empty());
    let proxy = set.map(proxy).transpose()?;
    let max_body_bytes = section.max_body.map_or(20 << 20, |size| size.0);
    let mut limits = file.limits.fetch()?;
    limits.wire_body_bytes.get_or_insert(max_body_bytes);
    let later = section.retry_later;
    let networks = section.allow_network.unwrap_or_default();
    let allow_networks = networks.into_iter().map(|network| network.0).collect();
    Ok(crawl::Job {
        urls: flags.urls,
        lists: flags.lists,
        finding: flags.finding,
        out: flags.out.unwrap_or_else(|| DEFAULT_OUT.into()),
        output: output.options(),
        keep_warc: output.warc(),
        fetch: fetch::Options {
            user_agent,
            allow_networks,
            timeout,
            max_body_bytes,
            limits,
            insecure_hosts,
            proxy,
            cookies: section.cookies.unwrap_or(true),
            // The crawl has them handed over if it keeps them.
            exchanges: false,
        },
        extract: file.extract_options(&output),
        politeness,
        lanes: Lanes::new(section.groups),
        ignore_robots,
        redirects_max: file.limits.redirects(),
        url_bytes_max: file.limits.url()?,
        retry: Retry {
            retries: section.retries.unwrap_or(3),
            later: later.map_or(Duration::from_hours(1), |span| span.0),
        },
        concurrency,
        refresh: flags.refresh,
        revisit: Revisit::never(),
        rest_max: None,
        forget: None,
        limit: flags.limit,
    })
}

/// The `User-Agent` header: product and version, and behind it whom to reach.
fn user_agent(section: &CrawlSection) -> Result<String, ConfigError> {
    let product = section.user_agent.as_deref().unwrap_or(DEFAULT_USER_AGENT);
    let own = section.contact.as_deref();
    let contact = own.or(section.user_agent.is_none().then_some(PROJECT_PAGE));
    let header = contact.map_or_else(
        || product.to_owned(),
        |contact| format!("{product} (+{contact})"),
    );
    if product_token(&header).is_empty() {
        return Err(ConfigError::new(format_args!(
            "user_agent {header:?} does not start with a word of ASCII letters"
        )));
    }
    if !header.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(ConfigError::new(format_args!(
            "user_agent {header:?} holds more than visible ASCII"
        )));
    }
    if own.is_some_and(|contact| !is_contact(contact)) {
        return Err(ConfigError::new(format_args!(
            "contact {:?} is neither the address of a page nor of mail",
            own.unwrap_or_default()
        )));
    }
    Ok(header)
}

/// Whether a text says how somebody is to be reached.
fn is_contact(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

/// Whether a crawl does not say how its owner is to be reached.
#[must_use]
pub fn lacks_contact(job: &crawl::Job) -> bool {
    let agent = &job.fetch.user_agent;
    agent.contains(PROJECT_PAGE) || !is_contact(agent)
}

fn politeness(section: &CrawlSection) -> Politeness {
    let usual = Politeness::default();
    let span = |set: Option<Span>, usual| set.map_or(usual, |span| span.0);
    Politeness {
        delay: span(section.delay, usual.delay),
        delay_max: span(section.delay_max, usual.delay_max),
        rest_after: section.rest_after.unwrap_or(usual.rest_after),
        rest: span(section.rest, usual.rest),
        give_up_after: section.give_up_after.unwrap_or(usual.give_up_after).max(1),
    }
}

/// Names of hosts, in the form in which URLs have them.
fn hosts(key: &str, named: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    let host = |name: String| {
        url::Host::parse(name.trim_end_matches('.'))
            .map(|host| host.to_string())
            .map_err(|_| ConfigError::new(format_args!("{key}: {name:?} is no host")))
    };
    named.unwrap_or_default().into_iter().map(host).collect()
}

fn proxy(text: &str) -> Result<url::Url, ConfigError> {
    let wrong = || {
        ConfigError::new(format_args!(
            "proxy {:?} is no address such as \"http://127.0.0.1:3128\" or \"socks5://127.0.0.1:1080\"",
            url_key::without_credentials(text)
        ))
    };
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let known = ["http", "https", "socks5", "socks5h"].contains(&url.scheme());
    if known && url.host_str().is_some_and(|host| !host.is_empty()) {
        Ok(url)
    } else {
        Err(wrong())
    }
}
