//! Routes and what is said about them, declared at once.
//!
//! Takes [`Operation`]s with their handlers; gives the routes and the OpenAPI document, which therefore
//! names every route. Schemas come from the types that are really read and written.

use axum::{
    Json, Router,
    extract::State,
    handler::Handler,
    routing::{MethodRouter, delete, get, post},
};
use facs::Record;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Shared, reply::ErrorBody};

/// Where shared schemas lie in the document.
const SCHEMAS: &str = "/components/schemas";

type Describe = fn(&mut SchemaGenerator) -> Schema;

/// What is said about one route.
pub(super) struct Operation {
    id: &'static str,
    summary: &'static str,
    query: Vec<(&'static str, &'static str)>,
    body: Option<Describe>,
    answers: Vec<(u16, Answer)>,
}

/// What a route gives.
pub(super) enum Answer {
    Nothing,
    Text,
    Html,
    Jpeg,
    Events,
    Json(&'static str, Describe),
}

impl Answer {
    pub(super) fn json<T: JsonSchema>(description: &'static str) -> Self {
        Self::Json(description, SchemaGenerator::subschema_for::<T>)
    }

    fn describe(&self, schemas: &mut SchemaGenerator) -> Value {
        let content = |description: &str, kind: &str, schema: Value| json!({"description": description, "content": {kind: {"schema": schema}}});
        let text = || json!({"type": "string"});
        match self {
            Self::Nothing => json!({"description": "Done"}),
            Self::Text => content("Text", "text/plain", text()),
            Self::Html => content("The page", "text/html", text()),
            Self::Jpeg => content("A picture", "image/jpeg", json!({})),
            Self::Events => {
                let record = schemas.subschema_for::<Record>();
                content("Records", "text/event-stream", record.to_value())
            }
            Self::Json(description, describe) => content(
                description,
                "application/json",
                describe(schemas).to_value(),
            ),
        }
    }
}

impl Operation {
    pub(super) fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
        }
    }

    pub(super) fn query(mut self, name: &'static str, description: &'static str) -> Self {
        self.query.push((name, description));
        self
    }

    /// A body of JSON, and the ways in which one can be wrong.
    pub(super) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self.fails(&[400, 413, 422])
    }

    pub(super) fn answers(mut self, status: u16, answer: Answer) -> Self {
        self.answers.push((status, answer));
        self
    }

    pub(super) fn fails(self, statuses: &[u16]) -> Self {
        statuses.iter().fold(self, |operation, status| {
            operation.answers(*status, Answer::json::<ErrorBody>("Why not"))
        })
    }

    fn describe(
        &self,
        path: &str,
        read: &mut SchemaGenerator,
        written: &mut SchemaGenerator,
    ) -> Value {
        let in_path = path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            let kind = if name == "track" { "integer" } else { "string" };
            Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": kind}}))
        });
        let in_query = self.query.iter().map(|(name, description)| {
            json!({"name": name, "in": "query", "description": description, "schema": {"type": "string"}})
        });
        let answers = self.answers.iter();
        let answers =
            answers.map(|(status, answer)| (status.to_string(), answer.describe(written)));
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
            "responses": answers.collect::<Map<_, _>>(),
        });
        if let Some(describe) = self.body {
            let schema = describe(read).to_value();
            let content = json!({"application/json": {"schema": schema}});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        operation
    }
}

/// Routes and the document, as they grow.
pub(super) struct Api {
    routes: Router<Shared>,
    paths: Map<String, Value>,
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Api {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = SCHEMAS.into();
        });
        Self {
            routes: Router::new(),
            paths: Map::new(),
            read: settings.clone().for_deserialize().into_generator(),
            written: settings.for_serialize().into_generator(),
        }
    }

    pub(super) fn get<T: 'static>(
        self,
        path: &str,
        operation: Operation,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        self.route(path, "get", &operation, get(handler))
    }

    pub(super) fn post<T: 'static>(
        self,
        path: &str,
        operation: Operation,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        self.route(path, "post", &operation, post(handler))
    }

    pub(super) fn delete<T: 'static>(
        self,
        path: &str,
        operation: Operation,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        self.route(path, "delete", &operation, delete(handler))
    }

    fn route(
        mut self,
        path: &str,
        method: &str,
        operation: &Operation,
        handler: MethodRouter<Shared>,
    ) -> Self {
        let described = operation.describe(path, &mut self.read, &mut self.written);
        let entry = self.paths.entry(path).or_insert_with(|| json!({}));
        entry[method] = described;
        self.routes = self.routes.route(path, handler);
        self
    }

    /// The routes and the document.
    pub(super) fn finish(mut self) -> (Router<Shared>, Value) {
        let mut schemas = self.read.take_definitions(true);
        schemas.extend(self.written.take_definitions(true));
        let document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Mien edge daemon",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Errors are {\"error\": \"...\"}. Requests that change something need \
                                Content-Type: application/json.",
            },
            "security": [{}, {"bearer": []}, {"cookie": []}],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "cookie": {"type": "apiKey", "in": "cookie", "name": super::guard::COOKIE},
                },
            },
        });
        (self.routes, relocated(document))
    }
}

/// The document with references that the types of records state for a place of their own.
fn relocated(document: Value) -> Value {
    match document {
        Value::String(text) => match text.strip_prefix("#/$defs/") {
            Some(name) => format!("#{SCHEMAS}/{name}").into(),
            None => text.into(),
        },
        Value::Array(items) => items.into_iter().map(relocated).collect(),
        Value::Object(entries) => {
            let entries = entries.into_iter();
            entries
                .map(|(key, value)| (key, relocated(value)))
                .collect()
        }
        other => other,
    }
}

pub(super) fn add(api: Api) -> Api {
    let document: Describe = |_| schemars::json_schema!({"type": "object"});
    api.get(
        "/api/v1/openapi.json",
        Operation::new("get_openapi", "This document")
            .answers(200, Answer::Json("OpenAPI 3.1", document)),
        async |State(shared): State<Shared>| Json(shared.document.as_ref().clone()),
    )
}
