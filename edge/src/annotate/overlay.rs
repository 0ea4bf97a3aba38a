//! What is drawn on a frame: boxes, landmarks, action units, expression, strongest edges.
//!
//! Takes a canvas and the frame's record; changes the canvas. Boxes and names for every face, bars
//! and edges for the largest one.

use std::{convert::Infallible, fmt::Display};

use embedded_graphics::{
    Drawable,
    geometry::{Point, Size},
    mono_font::{
        MonoFont, MonoTextStyle,
        ascii::{FONT_6X10, FONT_9X15, FONT_10X20},
    },
    pixelcolor::Rgb888,
    primitives::{Circle, Primitive, PrimitiveStyle, Rectangle},
    text::{Baseline, Text},
};
use facs::{Abstain, BoundingBox, FaceEdge, FaceRecord, FrameRecord};

use super::canvas::Canvas;

const LIGHT: Rgb888 = Rgb888::new(240, 240, 240);
const FAINT: Rgb888 = Rgb888::new(130, 130, 130);
const EXCITES: Rgb888 = Rgb888::new(110, 220, 120);
const INHIBITS: Rgb888 = Rgb888::new(255, 120, 110);
const FACE: Rgb888 = Rgb888::new(90, 200, 255);
/// Weaker edges have no colour: what is to be seen of them is their difference.
const FAINT_WEIGHT: f32 = 0.05;
/// Edges listed.
const EDGES: usize = 5;

/// Draws a frame's record on the frame.
pub(super) fn draw(canvas: &mut Canvas, record: &FrameRecord) {
    let font = match canvas.height() {
        ..480 => &FONT_6X10,
        480..900 => &FONT_9X15,
        _ => &FONT_10X20,
    };
    let mut pen = Pen { canvas, font };
    // Drawing on memory does not fail.
    let Ok(()) = pen.faces(record);
    let area = |face: &FaceRecord| face.bounding_box.width * face.bounding_box.height;
    let largest = record
        .faces
        .iter()
        .max_by(|a, b| area(a).total_cmp(&area(b)));
    if let Some(face) = largest {
        let Ok(()) = pen.bars(face);
        let Ok(()) = pen.edges(face);
    }
}

struct Pen<'a> {
    canvas: &'a mut Canvas,
    font: &'static MonoFont<'static>,
}

impl Pen<'_> {
    fn line(&self) -> i32 {
        self.font.character_size.height as i32 + 1
    }

    fn width_of(&self, characters: usize) -> i32 {
        self.font.character_size.width as i32 * characters as i32
    }

    fn text(&mut self, text: &str, x: i32, y: i32, color: Rgb888) -> Result<(), Infallible> {
        let style = MonoTextStyle::new(self.font, color);
        Text::with_baseline(text, Point::new(x, y), style, Baseline::Top).draw(self.canvas)?;
        Ok(())
    }

    fn shade(&mut self, x: i32, y: i32, width: i32, height: i32) {
        let size = Size::new(width.max(0) as u32, height.max(0) as u32);
        self.canvas.shade(Rectangle::new(Point::new(x, y), size));
    }

    fn faces(&mut self, record: &FrameRecord) -> Result<(), Infallible> {
        for face in &record.faces {
            let BoundingBox {
                x,
                y,
                width,
                height,
            } = face.bounding_box;
            let (x, y) = (x.round() as i32, y.round() as i32);
            let color = if face.abstain.is_some() { FAINT } else { FACE };
            Rectangle::new(
                Point::new(x, y),
                Size::new(width.max(0.0) as u32, height.max(0.0) as u32),
            )
            .into_styled(PrimitiveStyle::with_stroke(color, 2))
            .draw(self.canvas)?;
            for [x, y] in face.landmarks.to_array() {
                Circle::with_center(Point::new(x as i32, y as i32), 5)
                    .into_styled(PrimitiveStyle::with_fill(color))
                    .draw(self.canvas)?;
            }
            let label = face.expression.label;
            let p = face.expression.p.get(&label).copied().unwrap_or(0.0);
            let text = match face.abstain.or(face.expression.abstain) {
                None => format!("#{} {label} {p:.2}", face.track),
                Some(reason) => format!("#{} abstains: {}", face.track, because(reason)),
            };
            let line = self.line();
            let top = if y > line { y - line } else { y + 2 };
            self.shade(x, top, self.width_of(text.len()), line);
            self.text(&text, x, top, color)?;
        }
        Ok(())
    }

    /// One bar per action unit down the left side of the picture.
    fn bars(&mut self, face: &FaceRecord) -> Result<(), Infallible> {
        let (line, longest) = (self.line(), self.width_of(10));
        let name = self.width_of(5);
        let rows = face.action_units.len() as i32;
        self.shade(0, 0, name + longest + 8, rows * line + 8);
        for (row, (unit, score)) in face.action_units.iter().enumerate() {
            let y = 4 + row as i32 * line;
            let color = if score.on { LIGHT } else { FAINT };
            self.text(unit.code(), 4, y, color)?;
            let length = (score.p * longest as f32).round() as u32;
            let size = Size::new(length.max(1), line.unsigned_abs().saturating_sub(4));
            Rectangle::new(Point::new(4 + name, y + 1), size)
                .into_styled(PrimitiveStyle::with_fill(if score.on {
                    EXCITES
                } else {
                    FAINT
                }))
                .draw(self.canvas)?;
        }
        Ok(())
    }

    /// The edges most worth seeing of both graphs at the lower right.
    fn edges(&mut self, face: &FaceRecord) -> Result<(), Infallible> {
        let edges = listed(face);
        let longest = edges.iter().map(|(_, text)| text.len()).max().unwrap_or(0);
        let (line, rows) = (self.line(), edges.len() as i32);
        let left = self.canvas.width() as i32 - self.width_of(longest) - 6;
        let top = self.canvas.height() as i32 - rows * line - 6;
        if rows > 0 {
            self.shade(
                left - 4,
                top - 2,
                self.width_of(longest) + 10,
                rows * line + 8,
            );
        }
        for (row, (color, text)) in edges.iter().enumerate() {
            self.text(text, left, top + row as i32 * line, *color)?;
        }
        Ok(())
    }
}

/// The edges to list with their colours: the strongest, or those that differ most from the global
/// graph.
fn listed(face: &FaceRecord) -> Vec<(Rgb888, String)> {
    let au_au = face.graphs.au_au.iter().map(described);
    let au_expression = face.graphs.au_expression.iter().map(described);
    let mut edges: Vec<_> = au_au.chain(au_expression).collect();
    edges.sort_by(|a, b| b.0.total_cmp(&a.0));
    edges.truncate(EDGES);
    let seen = edges.into_iter().map(|(_, color, text)| (color, text));
    seen.collect()
}

/// How much there is to see in an edge, the colour of its polarity, and its text.
fn described<From: Display, To: Display>(edge: &FaceEdge<From, To>) -> (f32, Rgb888, String) {
    let color = match edge.weight.get() {
        weight if weight.abs() < FAINT_WEIGHT => FAINT,
        ..0.0 => INHIBITS,
        _ => EXCITES,
    };
    (edge.prominence(), color, edge.to_string())
}

const fn because(reason: Abstain) -> &'static str {
    match reason {
        Abstain::TooSmall => "too small",
        Abstain::TooBlurred => "too blurred",
        Abstain::TurnedAway => "turned away",
        Abstain::OutOfFrame => "out of frame",
        Abstain::Unsure => "unsure",
    }
}

#[cfg(test)]
mod tests {
    use facs::{ActionUnit, Record, Weight};

    use super::*;

    #[test]
    fn edges_are_coloured_by_polarity_and_say_a_notable_difference() {
        let golden = include_str!("../../../facs/tests/golden/frame.json");
        let Ok(Record::Frame(mut frame)) = serde_json::from_str(golden) else {
            panic!("the golden record is a frame");
        };
        let face = &mut frame.faces[0];
        // It vanished in this face, and is seen because the global graph has it.
        face.graphs.au_au.push(FaceEdge {
            from: ActionUnit::Au06,
            to: ActionUnit::Au12,
            weight: Weight::new(0.004).unwrap(),
            delta: Some(-0.55),
        });
        let expected = [
            (EXCITES, "AU12 -> happiness +0.77 (delta +0.31)"),
            (FAINT, "AU06 -> AU12 +0.00 (delta -0.55)"),
            (INHIBITS, "AU12 -| AU15 -0.41"),
        ];
        assert_eq!(
            listed(face),
            expected.map(|(color, text)| (color, text.into()))
        );
        face.graphs.au_au = vec![face.graphs.au_au[0]; 9];
        assert_eq!(listed(face).len(), EDGES);
    }
}
