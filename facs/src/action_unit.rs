//! Action units of the Facial Action Coding System (Ekman & Friesen, 1978).
//!
//! Takes nothing; gives the 20 units that Mien scores, their order on every tensor axis (the order
//! of py-feat), their names, muscles and whether each side of the face can do them alone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Whether the two sides of a face can show an action unit independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidedness {
    /// Left and right are separate muscles and can act alone.
    Lateral,
    /// One muscle, or one joint, in the middle of the face.
    Central,
}

macro_rules! action_units {
    ($($variant:ident $number:literal $wire:literal $name:literal $muscle:literal $sided:ident;)+) => {
        /// One action unit. The declaration order is the order of every tensor axis.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum ActionUnit {
            $(#[doc = $name] #[serde(rename = $wire)] $variant,)+
        }

        impl ActionUnit {
            /// How many there are: the length of an action unit axis.
            pub const COUNT: usize = Self::ALL.len();
            /// All of them, in axis order.
            pub const ALL: [Self; [$($number),+].len()] = [$(Self::$variant),+];

            /// The FACS number: `12` for the lip corner puller.
            #[must_use]
            pub const fn number(self) -> u8 { match self { $(Self::$variant => $number),+ } }
            /// The name on the wire and in tables: `AU12`, two digits at least.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $wire),+ } }
            /// The FACS name: `lip corner puller`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }
            /// The muscle or muscles that do it.
            #[must_use]
            pub const fn muscle(self) -> &'static str { match self { $(Self::$variant => $muscle),+ } }
            /// Whether one side can act alone.
            #[must_use]
            pub const fn sidedness(self) -> Sidedness { match self { $(Self::$variant => Sidedness::$sided),+ } }
        }
    };
}

action_units! {
    Au01 1 "AU01" "inner brow raiser" "frontalis, pars medialis" Lateral;
    Au02 2 "AU02" "outer brow raiser" "frontalis, pars lateralis" Lateral;
    Au04 4 "AU04" "brow lowerer" "corrugator supercilii, depressor supercilii" Lateral;
    Au05 5 "AU05" "upper lid raiser" "levator palpebrae superioris" Lateral;
    Au06 6 "AU06" "cheek raiser" "orbicularis oculi, pars orbitalis" Lateral;
    Au07 7 "AU07" "lid tightener" "orbicularis oculi, pars palpebralis" Lateral;
    Au09 9 "AU09" "nose wrinkler" "levator labii superioris alaeque nasi" Lateral;
    Au10 10 "AU10" "upper lip raiser" "levator labii superioris" Lateral;
    Au11 11 "AU11" "nasolabial deepener" "zygomaticus minor" Lateral;
    Au12 12 "AU12" "lip corner puller" "zygomaticus major" Lateral;
    Au14 14 "AU14" "dimpler" "buccinator" Lateral;
    Au15 15 "AU15" "lip corner depressor" "depressor anguli oris" Lateral;
    Au17 17 "AU17" "chin raiser" "mentalis" Central;
    Au20 20 "AU20" "lip stretcher" "risorius, platysma" Lateral;
    Au23 23 "AU23" "lip tightener" "orbicularis oris" Central;
    Au24 24 "AU24" "lip pressor" "orbicularis oris" Central;
    Au25 25 "AU25" "lips part" "depressor labii inferioris, relaxed mentalis or orbicularis oris" Central;
    Au26 26 "AU26" "jaw drop" "relaxed masseter, temporalis and internal pterygoid" Central;
    Au28 28 "AU28" "lip suck" "orbicularis oris" Central;
    Au43 43 "AU43" "eyes closed" "relaxed levator palpebrae superioris" Lateral;
}

impl ActionUnit {
    /// Position on every action unit axis.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for ActionUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A text that names no action unit of [`ActionUnit::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown action unit {0:?}: expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43"
)]
pub struct UnknownActionUnit(pub String);

impl FromStr for ActionUnit {
    type Err = UnknownActionUnit;

    /// Reads `AU12`, `AU06`, `AU6`, `au6` or the number alone.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix("AU")
            .or_else(|| text.strip_prefix("au"))
            .unwrap_or(text);
        digits
            .parse::<u8>()
            .ok()
            .and_then(|number| Self::ALL.into_iter().find(|unit| unit.number() == number))
            .ok_or_else(|| UnknownActionUnit(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_order_is_the_order_of_numbers() {
        let numbers: Vec<u8> = ActionUnit::ALL.iter().map(|unit| unit.number()).collect();
        assert_eq!(
            numbers,
            [
                1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43
            ]
        );
        for (index, unit) in ActionUnit::ALL.into_iter().enumerate() {
            assert_eq!(unit.index(), index);
        }
    }

    #[test]
    fn every_spelling_reads_back() {
        for unit in ActionUnit::ALL {
            assert_eq!(unit.code().parse(), Ok(unit));
            assert_eq!(format!("AU{}", unit.number()).parse(), Ok(unit));
            assert_eq!(
                serde_json::to_string(&unit).unwrap(),
                format!("{:?}", unit.code())
            );
        }
        assert_eq!(
            "AU3".parse::<ActionUnit>(),
            Err(UnknownActionUnit("AU3".into()))
        );
    }
}
