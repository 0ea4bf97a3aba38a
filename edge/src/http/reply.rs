//! What goes wrong, as JSON, and bodies as JSON.
//!
//! Takes refusals and bad requests; gives `{"error": "..."}` with the status that fits.

use std::{fmt, time::Duration};

use axum::{
    Json,
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{Method, StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{control::Refusal, fault::Fault};

/// Largest body, in bytes.
const MOST_BODY: usize = 64 * 1024;
/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Why a request was not carried out.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    pub(super) message: String,
}

/// As written.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorBody {
    /// What is wrong, in words.
    pub(super) error: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }

    fn invalid(error: &impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = self.message;
        (self.status, Json(ErrorBody { error })).into_response()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::Unknown { .. } => StatusCode::NOT_FOUND,
            Refusal::Conflict(_) => StatusCode::CONFLICT,
            Refusal::Failed(Fault::Thread(_)) | Refusal::Ending => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Invalid(_) | Refusal::Failed(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refusal.to_string())
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = to_bytes(request.into_body(), MOST_BODY);
        let body = timeout(BODY_PATIENCE, body).await.map_err(|_late| {
            let problem = "the body did not arrive in time";
            Problem::new(StatusCode::REQUEST_TIMEOUT, problem)
        })?;
        let body = body.map_err(|error| {
            let problem = format!("a body of at most {MOST_BODY} bytes is taken: {error}");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, problem)
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let status = if error.is_data() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::BAD_REQUEST
            };
            Problem::new(status, error.to_string())
        })
    }
}

/// Parts of the path.
pub(super) struct InPath<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value))
            .map_err(|error| Problem::invalid(&error.body_text()))
    }
}

/// The query.
pub(super) struct InQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| Problem::invalid(&error.body_text()))
    }
}

pub(super) async fn no_such_page(uri: Uri) -> Problem {
    let problem = format!("there is no {}: see /api/v1/openapi.json", uri.path());
    Problem::new(StatusCode::NOT_FOUND, problem)
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let problem = format!("{} cannot be asked with {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, problem)
}
