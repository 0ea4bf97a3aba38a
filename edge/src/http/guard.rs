//! Who may ask.
//!
//! Takes every request before its handler does. On loopback the host must be a name of this machine, so
//! that no web page can reach the daemon through a name of its own (DNS rebinding); requests of other
//! origins are refused, WebSockets among them; orders must be JSON, which no form of another page can
//! send. Where a token is set, everything but health, the empty page and the login needs it: as `Bearer`
//! or as the cookie that the login gives, for what cannot set headers. Adds the headers that keep
//! browsers strict.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Shared,
    events::Refused,
    openapi::{Answer, Api, Operation},
    reply::{Body, Problem},
};
use crate::config::{HttpSettings, Token};

/// Where the token is in browsers.
pub(super) const COOKIE: &str = "mien_token";
/// What needs no token.
const OPEN: [&str; 7] = [
    "/health/live",
    "/health/ready",
    "/",
    "/page.css",
    "/page.js",
    "/favicon.svg",
    "/login",
];
/// On every answer.
const STRICT: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// What is asked of requests.
#[derive(Debug)]
pub(super) struct Guard {
    token: Option<Token>,
    tls: bool,
    loopback: bool,
}

impl Guard {
    pub(super) fn new(settings: &HttpSettings, bound: SocketAddr) -> Self {
        Self {
            token: settings.token.clone(),
            tls: settings.tls.is_some(),
            loopback: bound.ip().is_loopback(),
        }
    }

    fn examine(&self, request: &Request) -> Result<(), Problem> {
        let headers = request.headers();
        let host = text(headers, &header::HOST).unwrap_or_default();
        if self.loopback && self.token.is_none() && !is_this_machine(host) {
            let problem = format!("{host:?} is no name of this machine");
            return Err(Problem::new(StatusCode::FORBIDDEN, problem));
        }
        if let Some(origin) = text(headers, &header::ORIGIN)
            && origin.split_once("://").is_none_or(|(_, at)| at != host)
        {
            let problem = format!("requests of {origin:?} are not taken");
            return Err(Problem::new(StatusCode::FORBIDDEN, problem));
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) && !is_json(headers) {
            let problem = "Content-Type must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let Some(token) = &self.token else {
            return Ok(());
        };
        if OPEN.contains(&request.uri().path()) || shown(headers).any(|shown| token.is(shown)) {
            return Ok(());
        }
        let problem = "a token is needed: Authorization: Bearer TOKEN, or POST /login";
        Err(Problem::new(StatusCode::UNAUTHORIZED, problem))
    }
}

/// Lets a request through, or says why not.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match guard.examine(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            Refused {
                reason: "guard",
                detail: &problem.message,
            }
            .emit();
            problem.into_response()
        }
    };
    let headers = response.headers_mut();
    for (name, value) in STRICT {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Tokens that the request shows.
fn shown(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let bearer = text(headers, &header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    });
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let cookies = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    let cookies =
        cookies.filter_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    bearer.into_iter().chain(cookies)
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, &header::CONTENT_TYPE).is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Who wants in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    /// The token of `http.token_file`.
    token: String,
}

pub(super) fn add(api: Api) -> Api {
    api.post(
        "/login",
        Operation::new("log_in", "Gives browsers the token as a cookie")
            .takes::<Login>()
            .answers(204, Answer::Nothing),
        log_in,
    )
    .delete(
        "/login",
        Operation::new("log_out", "Takes the cookie away").answers(204, Answer::Nothing),
        log_out,
    )
}

async fn log_in(
    State(shared): State<Shared>,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse, Problem> {
    let guard = &shared.guard;
    if guard
        .token
        .as_ref()
        .is_some_and(|token| !token.is(&login.token))
    {
        let problem = "this is not the token";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, problem));
    }
    // Where no token is set there is nothing to keep.
    let value = guard.token.as_ref().map_or("", |_| &login.token);
    Ok(set_cookie(value, guard.tls, ""))
}

async fn log_out(State(shared): State<Shared>) -> impl IntoResponse {
    set_cookie("", shared.guard.tls, "; Max-Age=0")
}

fn set_cookie(value: &str, tls: bool, age: &str) -> impl IntoResponse + use<> {
    let secure = if tls { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for host in [
            "localhost",
            "LOCALHOST:9600",
            "127.0.0.1:1",
            "127.8.8.8",
            "[::1]:9600",
            "[::1]",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil@",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn tokens_are_read_from_both_places() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::AUTHORIZATION,
            HeaderValue::from_static("bearer  abc"),
        );
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("mien_tokens=no; a=b; mien_token=xyz="),
        );
        assert_eq!(shown(&headers).collect::<Vec<_>>(), ["abc", "xyz="]);
    }
}
