//! Values that are written as text, in files and flags alike.

use std::time::Duration;

use croner::Cron;
use ipnet::IpNet;
use jiff::SpanRelativeTo;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::crawl::choice::{Pattern, Since};
use crate::extract::Favor;
use crate::extract::rules::Domain;
use crate::output::pack::Packing;
use crate::output::{Format, Rotation};
use crate::run::schedule::timing::CatchUp;

/// A duration, written `"1s"`, `"500ms"`, `"1h 30m"`, `"2d"`; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no duration such as \"1s\", \"500ms\", \"1h 30m\" or \"2d\"");
        let span: jiff::Span = text.parse().map_err(|_| wrong())?;
        let span = span.to_duration(SpanRelativeTo::days_are_24_hours());
        Duration::try_from(span.map_err(|_| wrong())?)
            .map(Self)
            .map_err(|_| wrong())
    }
}

/// A size in bytes, written `"20MiB"`, `"500kB"`, `"4096"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const UNITS: [(&str, u64); 8] = [
            ("", 1),
            ("b", 1),
            ("kb", 1_000),
            ("kib", 1 << 10),
            ("mb", 1_000_000),
            ("mib", 1 << 20),
            ("gb", 1_000_000_000),
            ("gib", 1 << 30),
        ];
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = UNITS
            .iter()
            .find(|(name, _)| unit.trim().eq_ignore_ascii_case(name))
            .map(|(_, factor)| *factor);
        let bytes = number
            .parse::<u64>()
            .ok()
            .zip(factor)
            .and_then(|(number, factor)| number.checked_mul(factor));
        bytes
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no size such as \"20MiB\" or \"500kB\""))
    }
}

/// The names of output formats, written `"jsonl"`, `"md,sqlite"`, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(pub Vec<Format>);

impl std::str::FromStr for Formats {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::named(text.split(',').map(str::trim))
    }
}

impl Formats {
    fn named<'t>(names: impl Iterator<Item = &'t str>) -> Result<Self, String> {
        let mut formats = Vec::new();
        for name in names {
            let format = format(name)?;
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Ok(Self(formats))
    }
}

fn format(name: &str) -> Result<Format, String> {
    match name {
        "jsonl" => Ok(Format::JsonLines),
        "txt" => Ok(Format::Text),
        "md" => Ok(Format::Markdown),
        "csv" => Ok(Format::Csv),
        "sqlite" => Ok(Format::Sqlite),
        "parquet" => Ok(Format::Parquet),
        _ => Err(format!(
            "{name:?} is none of jsonl, txt, md, csv, sqlite, parquet"
        )),
    }
}

impl<'de> Deserialize<'de> for Formats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a name, or a list of names")]
        enum Names {
            One(String),
            Some(Vec<String>),
        }
        match Names::deserialize(deserializer)? {
            Names::One(name) => name.parse(),
            Names::Some(names) => Self::named(names.iter().map(String::as_str)),
        }
        .map_err(de::Error::custom)
    }
}

/// When a crawl's records go to a file of their own, written `"day"`, `"64MiB"`, `"never"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationName(pub Option<Rotation>);

impl std::str::FromStr for RotationName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self(None)),
            "day" => Ok(Self(Some(Rotation::Day))),
            size => match size.parse() {
                Ok(Size(bytes)) if bytes > 0 => Ok(Self(Some(Rotation::Size(bytes)))),
                _ => Err(format!(
                    "{text:?} is none of never, day, or a size such as \"64MiB\""
                )),
            },
        }
    }
}

/// How files are packed, written `"gz"`, `"zst"`, `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackingName(pub Option<Packing>);

impl std::str::FromStr for PackingName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            "gz" => Ok(Self(Some(Packing::Gzip))),
            "zst" => Ok(Self(Some(Packing::Zstd))),
            _ => Err(format!("{text:?} is none of none, gz, zst")),
        }
    }
}

/// The name of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FavorName(pub Favor);

impl std::str::FromStr for FavorName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "precision" => Ok(Self(Favor::Precision)),
            "balanced" => Ok(Self(Favor::Balanced)),
            "recall" => Ok(Self(Favor::Recall)),
            _ => Err(format!("{text:?} is none of precision, balanced, recall")),
        }
    }
}

/// A network, written `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub IpNet);

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let net = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        net.map(Self)
            .map_err(|_| format!("{text:?} is no network such as \"10.0.0.0/8\""))
    }
}

/// A cron pattern, written `"0 4 * * *"`, or with seconds before or a year behind, or `"@daily"`.
#[derive(Debug, Clone, PartialEq)]
pub struct CronPattern(pub Cron);

impl std::str::FromStr for CronPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cron = text
            .parse()
            .map_err(|error| format!("{text:?} is no cron pattern: {error}"));
        cron.map(Self)
    }
}

/// A time zone by its name in the IANA database, written `"Europe/Berlin"`, `"UTC"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(pub TimeZone);

impl std::str::FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let zone = TimeZone::get(text);
        zone.map(Self)
            .map_err(|_| format!("{text:?} is no time zone such as \"Europe/Berlin\" or \"UTC\""))
    }
}

/// What becomes of a start that was missed, written `"once"`, `"skip"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatchUpName(pub CatchUp);

impl std::str::FromStr for CatchUpName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "once" => Ok(Self(CatchUp::Once)),
            "skip" => Ok(Self(CatchUp::Skip)),
            _ => Err(format!("{text:?} is none of once, skip")),
        }
    }
}

macro_rules! deserialize_from_str {
    ($($kind:ty),+) => { $(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+ };
}
deserialize_from_str!(
    Span,
    Size,
    RotationName,
    PackingName,
    FavorName,
    CronPattern,
    Zone,
    CatchUpName,
    Network,
    Domain,
    Since,
    Pattern
);
