//! A drawing as text: what all drawings share, and how it looks.

use std::fmt::{Arguments, Write};

use super::Arrow;

pub(in crate::graph) const EXCITATORY: &str = "#2166ac";
pub(in crate::graph) const INHIBITORY: &str = "#c2410c";

/// Sizes in pixels.
pub(super) const MARGIN: f32 = 34.0;
pub(super) const HEADING: f32 = 48.0;

/// The drawing so far.
pub(super) struct Page(String);

impl Page {
    /// An empty page of a width and a height.
    pub(super) fn new([width, height]: [f32; 2]) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"Helvetica, Arial, sans-serif\">\n{STYLE}<rect class=\"page\" width=\"{width:.0}\" \
             height=\"{height:.0}\"/>\n"
        ))
    }

    /// The finished drawing.
    pub(super) fn end(self) -> String {
        self.0 + "</svg>\n"
    }

    pub(super) fn put(&mut self, line: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    pub(super) fn text(&mut self, class: &str, [x, y]: [f32; 2], text: &str) {
        let text = escaped(text);
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        ));
    }

    pub(super) fn heading(&mut self, top: f32, text: &str) {
        self.text("heading", [MARGIN, top + 28.0], text);
    }

    /// An edge along a path of SVG commands.
    pub(super) fn edge(&mut self, arrow: &Arrow, path: &str, note: &str) {
        let width = stroke(arrow.weight);
        let class = class(arrow.weight);
        let dashes = dashes(arrow);
        let note = escaped(note);
        self.put(format_args!(
            "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"{path}\"><title>{note}</title></path>"
        ));
    }
}

/// Dashes of what acts in some contexts only.
pub(super) const DASHES: &str = " stroke-dasharray=\"7 4\"";

fn dashes(arrow: &Arrow) -> &'static str {
    if arrow.conditions.is_empty() {
        ""
    } else {
        DASHES
    }
}

pub(super) fn class(weight: f32) -> &'static str {
    if weight < 0.0 { "minus" } else { "plus" }
}

pub(super) fn stroke(weight: f32) -> f32 {
    0.9 + 3.6 * weight.abs()
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Light, and dark where the reader's screen is.
const STYLE: &str = concat!(
    "<defs>",
    "<marker id=\"arrow\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 10 10\" refX=\"1\" refY=\"5\" ",
    "markerWidth=\"9\" markerHeight=\"9\" orient=\"auto\"><path class=\"arrow\" d=\"M0 0.6 L10 5 L0 9.4 z\"/></marker>",
    "<marker id=\"bar\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 8 12\" refX=\"1\" refY=\"6\" ",
    "markerWidth=\"8\" markerHeight=\"12\" orient=\"auto\"><path class=\"bar\" d=\"M2 0 h4 v12 h-4 z\"/></marker>",
    "</defs>\n<style>",
    "path.plus{fill:none;stroke:#2166ac;stroke-opacity:.75;marker-end:url(#arrow)}",
    "path.minus{fill:none;stroke:#c2410c;stroke-opacity:.75;marker-end:url(#bar)}",
    "path:hover{stroke-opacity:1;stroke-width:6}",
    ".arrow,circle.plus,rect.plus{fill:#2166ac}.bar,circle.minus,rect.minus{fill:#c2410c}",
    "circle.ring{fill:none;stroke:#5b6475;stroke-dasharray:4 3}",
    "rect.known{fill:none;stroke:#1d2330;stroke-width:1.6}",
    ".inside{font-size:8.5px;text-anchor:middle;fill:#ffffff;pointer-events:none}",
    ".page{fill:#ffffff}.cell{fill:#ffffff;stroke:#e3e7ee}.never{fill:#c6ccd6}",
    ".unit{fill:#f4f6fa;stroke:#5b6475}",
    ".rule{stroke:#e3e7ee}",
    ".name{font-size:13px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".meaning{font-size:9.5px;text-anchor:middle;fill:#4a5262}",
    ".row{font-size:12px;fill:#1d2330}",
    ".column{font-size:12px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".short{font-size:10px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".heading{font-size:17px;font-weight:bold;fill:#1d2330}",
    ".note{font-size:12px;fill:#1d2330}",
    "\n@media (prefers-color-scheme:dark){",
    "path.plus{stroke:#74b3f0}path.minus{stroke:#f59a63}",
    ".arrow,circle.plus,rect.plus{fill:#74b3f0}.bar,circle.minus,rect.minus{fill:#f59a63}",
    "circle.ring{stroke:#a7b0c0}rect.known{stroke:#e8ebf1}.inside{fill:#12161f}",
    ".page{fill:#12161f}.cell{fill:#12161f;stroke:#2b3240}.never{fill:#454e60}",
    ".unit{fill:#1d2330;stroke:#a7b0c0}.rule{stroke:#2b3240}.meaning{fill:#a7b0c0}",
    ".name,.row,.column,.short,.heading,.note{fill:#e8ebf1}",
    "}</style>\n",
);
