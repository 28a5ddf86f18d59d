//! Whether values are as usual: of shares and of sizes, with what chance has to do with it.
//!
//! What is usual is known as pools of values, so that it is known, too, how much pools of one site
//! differ among each other: at night, at weekends, on the day of the local elections. The
//! analysis of variance of one-way random effects (Searle, Casella and
//! `McCulloch`, *Variance Components*, 1992, §3.6) parts that from the spread within a pool. A new pool is then held
//! against what it would be by chance:
//!
//! - A share by the beta-binomial distribution whose mean is the usual share under Jeffreys' prior,
//!   and whose spread is that of the pools (the intraclass correlation, whose estimate by analysis of
//!   variance does well for ones and zeros, too: Ridout, Demétrio and Firth, Biometrics 1999). Where
//!   pools do not differ, it is the posterior predictive distribution.
//! - A size by Student's t of the difference over the spread that a new pool's mean would have, with
//!   as many degrees of freedom as there are pools less one: what a few runs tell is not believed
//!   too much.
//!
//! Chance alone is not all: with enough pages every difference is too large for it, so there is a
//! least one, too. And a newsroom that puts thirty galleries of pictures up at once looks, for that
//! hour, as if it had lost its texts. So one pool alone is believed when nearly all of it is bad
//! ([`shows_alone`]); what hits some pages, or changes sizes, must show in what came before it as
//! well ([`shows_twice`]).

use crate::history::{Measure, Rolling, Tally};

/// Chance below which a difference is none of chance. A site that is looked at every hour takes some
/// 40,000 looks a month, many of them at the same pages; what comes of that: `simulation`.
pub(super) const CHANCE: f64 = 1e-6;
/// The same for each of two looks one after the other. If they had nothing to do with each other it
/// might be 1e-3; but what stands side by side in time is alike.
const CHANCE_TWICE: f64 = 3e-4;
/// Share of the pages of one pool from which on it is nearly all of them.
const NEARLY_ALL: f64 = 0.95;
/// Values below which nothing is said.
pub(super) const VALUES_MIN: f64 = 5.0;
/// Pools and values below which nothing is usual yet.
const USUAL_POOLS_MIN: f64 = 4.0;
const USUAL_VALUES_MIN: f64 = 20.0;
/// Least difference of two shares: a fifth of all pages.
const SHARE_LEAST: f64 = 0.2;
/// Least correlation of the pages of one pool: no newsroom works page by page. With it even a share
/// that was 0 for a thousand pages takes five pages in a row to be called another one.
const CORRELATION_LEAST: f64 = 0.02;
/// Most correlation; at 1 there would be one page a pool.
const CORRELATION_MOST: f64 = 0.9;
/// More degrees of freedom change nothing that matters.
const FREEDOM_MAX: u32 = 60;

/// What the values of a measure are.
enum Scale {
    /// Ones and zeros: whether ones are good, and whether a section of a paper has a share of its own,
    /// so that pools of one section differ from others. Walls and dead links are not written by one.
    Share { is_good: bool, is_of_sections: bool },
    /// Numbers: the least difference, the least spread of two values, and whether only less is bad.
    Size {
        least: f64,
        spread: f64,
        is_good: bool,
    },
    /// What has rules of its own.
    Other,
}

fn scale(measure: Measure) -> Scale {
    match measure {
        Measure::Blocked | Measure::NotFound => Scale::Share {
            is_good: false,
            is_of_sections: false,
        },
        Measure::NoText
        | Measure::PaywallStub
        | Measure::NotVisible
        | Measure::SiteRuleUnmatched => Scale::Share {
            is_good: false,
            is_of_sections: true,
        },
        Measure::Title
        | Measure::Authors
        | Measure::DatePublished
        | Measure::Description
        | Measure::Image
        | Measure::Section => Scale::Share {
            is_good: true,
            is_of_sections: true,
        },
        // Logarithms: half as much again, or two thirds; less is a change of season.
        Measure::WordCount | Measure::Blocks => Scale::Size {
            least: 0.405,
            spread: 0.1,
            is_good: false,
        },
        // A step of the model card's table, from sure to doubtful.
        Measure::Confidence => Scale::Size {
            least: 0.1,
            spread: 0.02,
            is_good: true,
        },
        Measure::WeekWordCount | Measure::Unreachable | Measure::Silence => Scale::Other,
    }
}

/// Whether one pool says enough by itself.
pub(super) fn shows_alone(measure: Measure, now: &Tally, usual: &Rolling) -> bool {
    let Scale::Share { is_good, .. } = scale(measure) else {
        return false;
    };
    bad(now, is_good) >= NEARLY_ALL * now.n && is_off(measure, now, usual, CHANCE)
}

/// Whether two pools, or two halves of more, say the same, one after the other.
pub(super) fn shows_twice(measure: Measure, halves: &[Tally; 2], usual: &Rolling) -> bool {
    let is_more = |half: &Tally| half.mean() > usual.values.mean();
    let [earlier, later] = halves;
    is_more(earlier) == is_more(later)
        && halves
            .iter()
            .all(|half| is_off(measure, half, usual, CHANCE_TWICE))
}

/// Whether values are beyond what is usual, for the worse and by enough to matter, and chance makes
/// them so more rarely than `chance`.
pub(super) fn is_off(measure: Measure, now: &Tally, usual: &Rolling, chance: f64) -> bool {
    let is_known = usual.pools >= USUAL_POOLS_MIN && usual.values.n >= USUAL_VALUES_MIN;
    let (true, Some(at), Some(before)) = (is_known, now.mean(), usual.values.mean()) else {
        return false;
    };
    if now.n < VALUES_MIN {
        return false;
    }
    let difference = at - before;
    match scale(measure) {
        Scale::Share {
            is_good,
            is_of_sections,
        } => {
            let worse = if is_good { -difference } else { difference };
            worse >= SHARE_LEAST && chance_of_share(now, usual, is_good, is_of_sections) < chance
        }
        Scale::Size {
            least,
            spread,
            is_good,
        } => {
            let is_better = is_good && difference > 0.0;
            difference.abs() >= least
                && !is_better
                && chance_of_difference(difference, 1.0, now.n, usual, spread) < chance
        }
        Scale::Other => false,
    }
}

/// Whether the words of the days of a week are others than usual.
pub(super) fn is_another_week(now: &Rolling, usual: &Rolling) -> bool {
    let (Some(at), Some(before)) = (now.values.mean(), usual.values.mean()) else {
        return false;
    };
    let Scale::Size { least, spread, .. } = scale(Measure::WordCount) else {
        return false;
    };
    let difference = at - before;
    let chance = chance_of_difference(difference, now.pools, now.values.n, usual, spread);
    now.values.n >= USUAL_VALUES_MIN && difference.abs() >= least && chance < CHANCE
}

/// How many of ones and zeros are bad.
fn bad(values: &Tally, is_good: bool) -> f64 {
    if is_good {
        values.n - values.sum
    } else {
        values.sum
    }
}

/// How pools differ.
struct Components {
    /// The variance within a pool.
    within: f64,
    /// The variance of what pools stand for.
    between: f64,
    /// Values of a typical pool.
    n: f64,
}

fn components(usual: &Rolling) -> Components {
    let (pools, values) = (usual.pools, &usual.values);
    let n = (values.n - usual.n_squared / values.n) / (pools - 1.0).max(1.0);
    let among = (usual.between - values.sum * values.sum / values.n).max(0.0);
    let among = among / (pools - 1.0).max(1.0);
    let inside = (values.squares - usual.between).max(0.0);
    // Pools of one value each tell nothing of what is within one.
    let within = if values.n > pools {
        inside / (values.n - pools)
    } else {
        among
    };
    Components {
        within,
        between: (among - within).max(0.0) / n.max(1.0),
        n: n.max(1.0),
    }
}

/// The chance that as many values and more are bad.
fn chance_of_share(now: &Tally, usual: &Rolling, is_good: bool, is_of_sections: bool) -> f64 {
    let n = usual.values.n;
    let share = (bad(&usual.values, is_good) + 0.5) / (n + 1.0);
    let parts = components(usual);
    // Over the variance of ones and zeros of this share, which is never nothing.
    let correlation = parts.between / (share * (1.0 - share));
    // Few pools do not show yet how much sections differ.
    let least = if is_of_sections {
        CORRELATION_LEAST.max(1.0 / usual.pools)
    } else {
        CORRELATION_LEAST
    };
    let correlation = correlation.clamp(least, CORRELATION_MOST);
    // The share of a new pool differs from the usual one as pools do, and the usual one is known
    // only so well.
    let spread = correlation + (1.0 + (parts.n - 1.0) * correlation) / (n + 1.0);
    let weight = (1.0 / spread - 1.0).max(0.1);
    let bad = whole(bad(now, is_good));
    tail(bad, whole(now.n), share * weight, (1.0 - share) * weight)
}

/// The chance of `least` or more among `n` by the beta-binomial distribution of weights `a` and `b`:
/// its terms one from the other, as logarithms, since the first may be too small for a number.
fn tail(least: u32, n: u32, a: f64, b: f64) -> f64 {
    let none = |at: u32| (b + f64::from(at)).ln() - (a + b + f64::from(at)).ln();
    let mut term: f64 = (0..n).map(none).sum();
    let mut sum = 0.0;
    for count in 0..=n {
        if count >= least {
            sum += term.exp();
        }
        let (bad, good) = (f64::from(count), f64::from(n - count));
        term += (good * (bad + a)).ln() - ((bad + 1.0) * (good - 1.0 + b)).ln();
    }
    sum
}

/// A number of pages, which may have been made lighter.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few hundred at most"
)]
fn whole(pages: f64) -> u32 {
    pages.round() as u32
}

/// The chance that the mean of `n` values in so many pools differs so much from the usual one. Pools
/// side by side in time are alike, so they count as one unless they are days.
fn chance_of_difference(difference: f64, pools: f64, n: f64, usual: &Rolling, spread: f64) -> f64 {
    let parts = components(usual);
    let within = parts.within.max(spread * spread);
    let variance = parts.between * (1.0 / pools + 1.0 / usual.pools)
        + within * (1.0 / n + 1.0 / usual.values.n);
    chance_of(difference.abs() / variance.sqrt(), freedom(usual.pools))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number between 1 and the bound"
)]
fn freedom(pools: f64) -> u32 {
    (pools - 1.0).clamp(1.0, f64::from(FREEDOM_MAX)) as u32
}

/// The chance that Student's t is so far from 0, on either side (Abramowitz and Stegun, 26.7.3 and
/// 26.7.4).
fn chance_of(t: f64, freedom: u32) -> f64 {
    let angle = (t / f64::from(freedom).sqrt()).atan();
    let (sine, cosine) = (angle.sin(), angle.cos());
    let is_odd = freedom % 2 == 1;
    let (mut term, mut factor) = if is_odd { (cosine, 2.0) } else { (1.0, 1.0) };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let steps = (freedom.saturating_sub(2)) / 2;
    for _ in 0..steps {
        term *= cosine * cosine * factor / (factor + 1.0);
        sum += term;
        factor += 2.0;
    }
    let inside = if is_odd {
        (angle + sine * sum) * std::f64::consts::FRAC_2_PI
    } else {
        sine * sum
    };
    (1.0 - inside).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_s_t_is_that_of_the_tables() {
        // Abramowitz and Stegun, table 26.10: two-sided chances.
        for (freedom, t, want) in [
            (1, 12.706, 0.05),
            (2, 9.925, 0.01),
            (3, 12.924, 0.001),
            (4, 8.610, 0.001),
            (5, 4.032, 0.01),
            (9, 4.781, 0.001),
            (10, 4.587, 0.001),
            (60, 3.460, 0.001),
        ] {
            let got = chance_of(t, freedom);
            assert!((got / want - 1.0).abs() < 0.01, "{freedom} {t}: {got}");
        }
    }

    #[test]
    fn the_beta_binomial_tail_is_that_of_known_cases() {
        // With a = b = 1 all counts are as likely; with much weight it is the binomial.
        assert!((tail(3, 4, 1.0, 1.0) - 0.4).abs() < 1e-12);
        assert!((tail(0, 40, 0.3, 9.0) - 1.0).abs() < 1e-9);
        assert!((tail(2, 2, 1e9, 9e9) - 0.01).abs() < 1e-6);
        // Far beyond what the product of chances could be held in.
        assert!((tail(0, 400, 500.0, 0.5) - 1.0).abs() < 1e-6);
    }

    fn usual(pools: &[&[f64]]) -> Rolling {
        let mut usual = Rolling::default();
        for pool in pools {
            usual.add(&tally(pool));
        }
        usual
    }

    fn tally(values: &[f64]) -> Tally {
        let mut tally = Tally::default();
        for value in values {
            tally.add(*value);
        }
        tally
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "whole numbers are exact")]
    fn the_parts_of_a_spread() {
        // Searle et al., exercise-sized: means 1 and 3, within ±1.
        let parts = components(&usual(&[&[0.0, 2.0], &[2.0, 4.0]]));
        assert_eq!((parts.n, parts.within), (2.0, 2.0));
        assert_eq!(parts.between, 1.0, "(4 - 2) / 2");
    }

    #[test]
    fn five_bad_pages_in_a_row_are_enough_where_there_were_none() {
        let good: &[f64] = &[0.0; 10];
        let usual = usual(&[good; 40]);
        let bad = |n: usize| tally(&vec![1.0; n]);
        assert!(!shows_alone(Measure::Blocked, &bad(4), &usual));
        assert!(shows_alone(Measure::Blocked, &bad(5), &usual));
        assert!(!shows_alone(Measure::Authors, &bad(9), &usual), "better");
    }

    /// A history is rounded when it is written. Where all values are the same, what that left between
    /// pools was all the variance there was, so that they seemed to be all of one kind, and nothing
    /// was ever unusual.
    #[test]
    fn what_rounding_leaves_is_no_spread() {
        for between in [172.7999, 172.8, 172.8001] {
            let usual = Rolling::from([14.4, 172.8, 172.8, 172.8, 2_073.6, between]);
            let none = tally(&[0.0; 12]);
            assert!(shows_alone(Measure::Authors, &none, &usual), "{between}");
        }
    }

    #[test]
    fn what_comes_in_batches_takes_more_to_be_believed() {
        let (none, all): (&[f64], &[f64]) = (&[0.0; 10], &[1.0; 10]);
        let even: &[f64] = &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let even = usual(&[even; 40]);
        let batches: Vec<&[f64]> = (0..40)
            .map(|n| if n % 10 == 0 { all } else { none })
            .collect();
        let batches = usual(&batches);
        assert_eq!(even.values, batches.values);
        let bad = tally(&[1.0; 10]);
        assert!(shows_alone(Measure::NoText, &bad, &even));
        assert!(
            !shows_alone(Measure::NoText, &bad, &batches),
            "it has been so"
        );
    }
}
