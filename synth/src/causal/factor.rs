//! What a network must not use: who somebody is, the light, the camera.
//!
//! A factor has no edge of its own in the model. A [`Confound`] ties it to a unit, so that a
//! picture betrays the unit by something that the unit does not cause.

use std::{fmt, str::FromStr};

use facs::ActionUnit;

use super::error::ConfoundError;

/// Something about a picture that no action unit causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// Who it shows: how light the skin is.
    Identity,
    /// How soft the light is.
    Light,
    /// How brightly the camera exposes.
    Camera,
}

impl Factor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Light, Self::Camera];

    /// The name in arguments and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Light => "light",
            Self::Camera => "camera",
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where a sample stands in each [`Factor`], as a rank in [0, 1) among all that could be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factors(pub [f32; Factor::ALL.len()]);

impl Factors {
    /// Rank in one factor.
    #[must_use]
    pub const fn rank(&self, factor: Factor) -> f32 {
        self.0[factor as usize]
    }

    /// One bit per factor: whether the sample is in its upper half.
    pub(super) fn halves(&self) -> usize {
        let bits = self.0.iter().enumerate();
        bits.map(|(index, rank)| usize::from(*rank >= 0.5) << index)
            .sum()
    }
}

/// A correlation without a cause: among samples in the upper half of a factor, a unit is more
/// often active than in the lower half.
///
/// With a share `p` of active samples, the shares in the halves are `p + s m / 2` and `p - s m / 2`
/// where `s` is the strength and `m = 2 min(p, 1 - p)` the largest difference that leaves `p` as it
/// is: at strength 1 (and `p` up to one half) a unit is active in the upper half only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confound {
    /// Which factor.
    pub factor: Factor,
    /// Which unit.
    pub unit: ActionUnit,
    /// 0 for none to 1 for the most that the unit's rate allows.
    pub strength: f32,
}

impl FromStr for Confound {
    type Err = ConfoundError;

    /// Reads `identity:AU12=0.8`.
    fn from_str(text: &str) -> Result<Self, ConfoundError> {
        let malformed = || ConfoundError::Malformed {
            text: text.to_owned(),
        };
        let (factor, rest) = text.split_once(':').ok_or_else(malformed)?;
        let (unit, strength) = rest.split_once('=').ok_or_else(malformed)?;
        let factor = Factor::ALL
            .into_iter()
            .find(|known| known.name() == factor)
            .ok_or_else(malformed)?;
        let strength: f32 = strength.parse().ok().ok_or_else(malformed)?;
        if !(0.0..=1.0).contains(&strength) {
            return Err(malformed());
        }
        Ok(Self {
            factor,
            unit: unit.parse()?,
            strength,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confounds_read_as_they_are_written() {
        let confound: Confound = "light:AU6=0.25".parse().unwrap();
        let expected = Confound {
            factor: Factor::Light,
            unit: ActionUnit::Au06,
            strength: 0.25,
        };
        assert_eq!(confound, expected);
        let refusals = ["light", "sun:AU06=0.1", "light:AU06=1.5", "light:AU03=0.5"];
        let refusals = refusals.map(|text| text.parse::<Confound>().unwrap_err().to_string());
        insta::assert_snapshot!(refusals.join("\n"), @r#"
        "light" is no confounder: write identity:AU12=0.8, light:AU04=0.5 or camera:AU25=0.3, with a strength from 0 to 1
        "sun:AU06=0.1" is no confounder: write identity:AU12=0.8, light:AU04=0.5 or camera:AU25=0.3, with a strength from 0 to 1
        "light:AU06=1.5" is no confounder: write identity:AU12=0.8, light:AU04=0.5 or camera:AU25=0.3, with a strength from 0 to 1
        unknown action unit "AU03": expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43
        "#);
    }

    #[test]
    fn halves_are_bits() {
        assert_eq!(Factors([0.5, 0.2, 0.9]).halves(), 0b101);
        assert_eq!(Factors::default().halves(), 0);
    }
}
