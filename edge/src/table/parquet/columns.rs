//! The columns of a Parquet file, in order: the frame, the face, every action unit, every expression, the
//! graphs. What a record does not say is null.

use facs::{ActionUnit, AuScore, BoundingBox, CaptureClock, Expression, FaceRecord};
use parquet::{
    basic::{LogicalType, TimeUnit},
    data_type::{BoolType, ByteArray, ByteArrayType, FloatType, Int64Type},
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::column::{Column, Typed};
use crate::table::Row;

/// Columns in the making.
#[derive(Default)]
struct Columns(Vec<Box<dyn Column>>);

impl Columns {
    fn integer(&mut self, name: &str, value: impl Fn(Row<'_>) -> Option<u64> + Send + 'static) {
        // Larger ones cannot be written, and never come.
        let value = move |row: Row<'_>| i64::try_from(value(row)?).ok();
        self.0
            .push(Box::new(Typed::<Int64Type>::new(name, None, value)));
    }

    fn time(&mut self, name: &str, value: impl Fn(Row<'_>) -> Option<String> + Send + 'static) {
        let utc = Some(LogicalType::timestamp(true, TimeUnit::MICROS));
        let value = move |row: Row<'_>| {
            let at = OffsetDateTime::parse(&value(row)?, &Rfc3339).ok()?;
            i64::try_from(at.unix_timestamp_nanos() / 1000).ok()
        };
        self.0
            .push(Box::new(Typed::<Int64Type>::new(name, utc, value)));
    }

    fn float(
        &mut self,
        name: impl Into<String>,
        value: impl Fn(Row<'_>) -> Option<f32> + Send + 'static,
    ) {
        self.0
            .push(Box::new(Typed::<FloatType>::new(name, None, value)));
    }

    fn flag(
        &mut self,
        name: impl Into<String>,
        value: impl Fn(Row<'_>) -> Option<bool> + Send + 'static,
    ) {
        self.0
            .push(Box::new(Typed::<BoolType>::new(name, None, value)));
    }

    fn text(&mut self, name: &str, value: impl Fn(Row<'_>) -> Option<String> + Send + 'static) {
        let value = move |row: Row<'_>| value(row).map(|text| ByteArray::from(text.as_str()));
        let text = Some(LogicalType::String);
        self.0
            .push(Box::new(Typed::<ByteArrayType>::new(name, text, value)));
    }

    fn json<T: Serialize>(
        &mut self,
        name: &str,
        value: impl Fn(&FaceRecord) -> &T + Send + 'static,
    ) {
        let value = move |row: Row<'_>| {
            let json = serde_json::to_vec(value(row.face?)).ok()?;
            Some(ByteArray::from(json))
        };
        let json = Some(LogicalType::Json);
        self.0
            .push(Box::new(Typed::<ByteArrayType>::new(name, json, value)));
    }
}

/// All of them.
pub(super) fn all() -> Vec<Box<dyn Column>> {
    let mut columns = Columns::default();
    frame(&mut columns);
    place(&mut columns);
    face(&mut columns);
    action_units(&mut columns);
    expressions(&mut columns);
    columns.json("au_au", |face| &face.graphs.au_au);
    columns.json("au_expression", |face| &face.graphs.au_expression);
    columns.0
}

/// The name of a unit variant in records.
fn named(value: &impl Serialize) -> Option<String> {
    let name = serde_json::to_value(value).ok()?;
    name.as_str().map(str::to_owned)
}

fn frame(columns: &mut Columns) {
    columns.text("source", |row| Some(row.frame.source.clone()));
    columns.integer("run", |row| Some(row.frame.run));
    columns.integer("sequence", |row| Some(row.frame.sequence));
    columns.integer("pts_nanos", |row| Some(row.frame.pts_nanos));
    columns.time("captured_at", |row| Some(row.frame.captured_at.clone()));
    columns.text("capture_clock", |row| {
        let clock: &CaptureClock = &row.frame.capture_clock;
        named(clock)
    });
    columns.time("emitted_at", |row| Some(row.frame.emitted_at.clone()));
    columns.integer("frame_width", |row| Some(row.frame.frame.width.into()));
    columns.integer("frame_height", |row| Some(row.frame.frame.height.into()));
}

fn place(columns: &mut Columns) {
    columns.integer("track", |row| Some(row.face?.track));
    columns.text("person", |row| row.face?.person.clone());
    type Side = fn(&BoundingBox) -> f32;
    let sides: [(&str, Side); 4] = [
        ("box_x", |face| face.x),
        ("box_y", |face| face.y),
        ("box_width", |face| face.width),
        ("box_height", |face| face.height),
    ];
    for (name, side) in sides {
        columns.float(name, move |row| Some(side(&row.face?.bounding_box)));
    }
    columns.float("score", |row| Some(row.face?.score));
    let points = ["right_eye", "left_eye", "nose", "mouth_right", "mouth_left"];
    for (index, point) in points.into_iter().enumerate() {
        for (axis, letter) in ["x", "y"].into_iter().enumerate() {
            columns.float(format!("{point}_{letter}"), move |row| {
                Some(row.face?.landmarks.to_array()[index][axis])
            });
        }
    }
}

fn face(columns: &mut Columns) {
    columns.float("yaw", |row| Some(row.pose()?.yaw));
    columns.float("pitch", |row| Some(row.pose()?.pitch));
    columns.float("roll", |row| Some(row.pose()?.roll));
    columns.float("size", |row| Some(row.face?.quality.size));
    columns.float("sharpness", |row| Some(row.face?.quality.sharpness));
    columns.text("abstain", |row| named(row.face?.abstain.as_ref()?));
    columns.float("symmetry", |row| row.face?.symmetry);
    columns.integer("baseline_samples", |row| Some(row.face?.baseline?.samples));
    columns.integer("baseline_age_secs", |row| {
        Some(row.face?.baseline?.age_secs)
    });
}

fn action_units(columns: &mut Columns) {
    for unit in ActionUnit::ALL {
        let score =
            move |row: Row<'_>| -> Option<AuScore> { row.face?.action_units.get(&unit).copied() };
        let name = |what: &str| format!("{}_{what}", unit.code());
        columns.float(name("p"), move |row| Some(score(row)?.p));
        columns.flag(name("on"), move |row| Some(score(row)?.on));
        columns.float(name("left"), move |row| score(row)?.left);
        columns.float(name("right"), move |row| score(row)?.right);
        columns.float(name("change"), move |row| score(row)?.change);
    }
}

fn expressions(columns: &mut Columns) {
    columns.text("expression", |row| {
        Some(row.face?.expression.label.name().into())
    });
    columns.text("expression_abstain", |row| {
        named(row.face?.expression.abstain.as_ref()?)
    });
    for expression in Expression::ALL {
        columns.float(format!("p_{}", expression.name()), move |row| {
            row.face?.expression.p.get(&expression).copied()
        });
    }
    columns.text("clip_expression", |row| {
        let clip = row.face?.clip_expression.as_ref()?;
        Some(clip.label.name().into())
    });
}
