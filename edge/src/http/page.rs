//! The page: one HTML, one style sheet, one script and an icon, built in.
//!
//! Takes nothing from elsewhere; gives three texts that hold no data of their own.

use axum::{http::header, response::IntoResponse};

use super::openapi::{Answer, Api, Operation};

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const ICON: &str = include_str!("page/favicon.svg");

pub(super) fn add(api: Api) -> Api {
    let page = |id| Operation::new(id, "The page for people");
    api.get(
        "/",
        page("get_page").answers(200, Answer::Html),
        async || text("text/html; charset=utf-8", HTML),
    )
    .get(
        "/page.css",
        page("get_page_style").answers(200, Answer::Text),
        async || text("text/css; charset=utf-8", STYLE),
    )
    .get(
        "/page.js",
        page("get_page_script").answers(200, Answer::Text),
        async || text("text/javascript; charset=utf-8", SCRIPT),
    )
    .get(
        "/favicon.svg",
        page("get_icon").answers(200, Answer::Text),
        async || text("image/svg+xml", ICON),
    )
}

fn text(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use facs::{ActionUnit, Expression};

    #[test]
    fn the_script_knows_the_vocabulary() {
        for unit in ActionUnit::ALL {
            let entry = format!("{}: \"{}\"", unit.code(), unit.name());
            assert!(SCRIPT.contains(&entry), "{entry}");
        }
        assert_eq!(SCRIPT.matches("  AU").count(), ActionUnit::COUNT);
        for expression in Expression::ALL {
            let entry = format!("  {}: ", expression.name());
            assert!(SCRIPT.contains(&entry), "{entry}");
            assert!(STYLE.contains(&format!("--{}:", expression.name())));
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_nothing_is_written_as_markup() {
        for text in [HTML, STYLE, SCRIPT] {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"));
            assert!(!text.contains("//cdn") && !text.contains("@import"));
        }
        for risky in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!SCRIPT.contains(risky), "{risky}");
        }
        // The policy allows neither inline scripts nor inline styles.
        assert!(!HTML.contains("style=") && !HTML.contains("<style") && !HTML.contains("onclick"));
    }
}
