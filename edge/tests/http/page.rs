//! The page in a real browser, on a running daemon.

use std::{collections::HashSet, path::Path};

use super::{
    chromium::Chromium,
    client::{ask, get},
    daemon::{Daemon, wait_for},
};

/// A picture that is more than one colour.
fn is_drawn(png: &[u8]) -> bool {
    let picture = image::load_from_memory(png).unwrap().to_rgb8();
    let colours: HashSet<_> = picture.pixels().map(|pixel| pixel.0).collect();
    colours.len() > 200
}

/// Pixels of a canvas that are not transparent, by an expression of r, g and b.
fn pixels(canvas: &str, such_that: &str) -> String {
    format!(
        "(() => {{ const c = document.getElementById('{canvas}');
           const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
           for (let i = 0; i < d.length; i += 4) {{
             const [r, g, b, a] = [d[i], d[i + 1], d[i + 2], d[i + 3]];
             if (a > 200 && ({such_that})) n += 1;
           }} return n; }})()"
    )
}

fn daemon(http: &str) -> Daemon {
    let names = ["door", "<img src=x onerror=boom() x="];
    let sources = names.map(|name| format!("[[sources]]\ninput = 'test:'\nname = '{name}'\n"));
    Daemon::start(|_| format!("{}[http]\n{http}", sources.concat()))
}

#[test]
fn boxes_bars_graph_and_timeline_are_drawn_and_sources_are_chosen() {
    let Some(mut page) = Chromium::start() else {
        eprintln!("skipped: chromium is not installed");
        return;
    };
    let daemon = daemon("");
    page.open(&format!("http://{}/", daemon.address), [1280, 800]);
    page.wait_for("document.getElementById('link').textContent.startsWith('live')");
    page.wait_for("document.querySelectorAll('#faces button').length == 2");
    page.wait_for("[...document.querySelectorAll('.au .value')].filter((v) => v.textContent != '–').length == 20");
    page.wait_for("document.querySelectorAll('#graph .edge').length > 0");
    // The accent colour of either scheme: boxes and landmarks.
    let boxes = pixels("overlay", "b > 150 && b - r > 80");
    page.wait_for(&format!("{boxes} > 300"));
    let timeline = pixels("timeline", "true");
    page.wait_for(&format!("{timeline} > 200"));
    assert_eq!(
        page.value("document.getElementById('ground-note').hidden"),
        false
    );
    assert_eq!(
        page.value("document.querySelectorAll('header nav button').length"),
        2
    );
    assert_eq!(
        page.value("document.querySelectorAll('img').length"),
        0,
        "names are text"
    );

    assert_eq!(
        page.value("document.getElementById('health-name').textContent"),
        "<img src=x onerror=boom() x="
    );
    page.value(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '2', bubbles: true})), 0",
    );
    page.wait_for("document.getElementById('health-name').textContent == 'door'");
    page.wait_for("document.querySelectorAll('#faces button').length == 2");
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    for (name, size) in [("page", [1280, 800]), ("page-phone", [390, 844])] {
        page.open(&format!("http://{}/", daemon.address), size);
        page.wait_for("document.querySelectorAll('#graph .edge').length > 0");
        assert_eq!(page.value(wide), true, "{name} is too wide");
        let shot = page.screenshot();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        std::fs::write(&path, &shot).unwrap();
        assert!(is_drawn(&shot), "{}", path.display());
    }
    assert_eq!(page.complaints, Vec::<String>::new());
}

#[test]
fn a_source_is_added_and_taken_away_on_the_page_and_a_lost_daemon_is_told() {
    let Some(mut page) = Chromium::start() else {
        eprintln!("skipped: chromium is not installed");
        return;
    };
    let mut daemon = daemon("");
    page.open(&format!("http://{}/", daemon.address), [1280, 800]);
    page.wait_for("document.getElementById('link').textContent.startsWith('live')");
    page.value(
        "document.getElementById('input').value = 'test:'; document.getElementById('name').value = 'third';
         document.getElementById('add').requestSubmit()",
    );
    page.wait_for("document.getElementById('health-name').textContent == 'third'");
    wait_for("the source", || {
        get(daemon.address, "/api/v1/sources").json()["third"].is_object()
    });
    for _ in 0..2 {
        page.value("document.getElementById('remove').click()");
    }
    page.wait_for("document.getElementById('health-name').textContent != 'third'");
    assert!(get(daemon.address, "/api/v1/sources").json()["third"].is_null());
    assert_eq!(page.complaints, Vec::<String>::new());
    daemon.stop();
    page.wait_for("!document.getElementById('banner').hidden");
}

#[test]
fn pictures_are_shown_only_where_they_are_allowed() {
    let mut daemon = daemon("preview = true\n");
    let answer = get(daemon.address, "/api/v1/sources/door/preview.jpg");
    assert!(
        answer.status == 200 && answer.head.contains("mien-sequence: "),
        "{}",
        answer.head
    );
    let picture = image::load_from_memory(&answer.body).unwrap();
    assert_eq!((picture.width(), picture.height()), (640, 360));
    assert_eq!(
        get(daemon.address, "/api/v1/sources/hall/preview.jpg").status,
        404
    );
    if let Some(mut page) = Chromium::start() {
        page.open(&format!("http://{}/", daemon.address), [1280, 800]);
        // The test pattern is bright: white, yellow, green, red bars.
        let red = pixels("overlay", "r > 170 && g < 60 && b < 60");
        page.wait_for(&format!("{red} > 1000"));
        assert_eq!(
            page.value("document.getElementById('ground-note').hidden"),
            true
        );
        assert_eq!(page.complaints, Vec::<String>::new());
    } else {
        eprintln!("skipped: chromium is not installed");
    }
    // Nobody holds the end of the daemon up.
    let address = daemon.address;
    let asks = std::thread::spawn(move || {
        let _ = std::panic::catch_unwind(|| {
            ask(address, "GET", "/api/v1/sources/door/preview.jpg", "")
        });
    });
    daemon.stop();
    asks.join().unwrap();
}
