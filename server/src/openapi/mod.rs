//! The document of the API (`OpenAPI` 3.1), made of what the router is made of.
//!
//! A route comes into the router by [`Api::on`] alone, which wants to know what the route is for, what it takes and with
//! what it answers. So there is no list of routes beside the router that could differ from it. What types look like,
//! `schemars` derives from them; what rows look like, `domain::resource` reads off the table of fields.

mod document;
mod operation;
mod page;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use crate::router::AppState;

pub(crate) use document::{Document, row};
pub(crate) use operation::{Operation, Parameter, op, parameter};
pub(crate) use page::page;

/// Routes, and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Api {
    router: Router<AppState>,
    operations: Vec<Route>,
}

/// A method of a path.
#[derive(Debug)]
struct Route {
    method: Method,
    path: String,
    operation: Operation,
}

impl Api {
    /// Has a path answer a method.
    pub(crate) fn on<H, T>(&mut self, method: Method, path: &str, handler: H, operation: Operation)
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        let filter = match method {
            Method::POST => MethodFilter::POST,
            Method::PATCH => MethodFilter::PATCH,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let router = std::mem::take(&mut self.router);
        self.router = router.route(path, on(filter, handler));
        self.operations.push(Route { method, path: path.to_owned(), operation });
    }

    pub(crate) fn get<H: Handler<T, AppState>, T: 'static>(&mut self, path: &str, handler: H, operation: Operation) {
        self.on(Method::GET, path, handler, operation);
    }

    pub(crate) fn post<H: Handler<T, AppState>, T: 'static>(&mut self, path: &str, handler: H, operation: Operation) {
        self.on(Method::POST, path, handler, operation);
    }

    pub(crate) fn patch<H: Handler<T, AppState>, T: 'static>(&mut self, path: &str, handler: H, operation: Operation) {
        self.on(Method::PATCH, path, handler, operation);
    }

    pub(crate) fn delete<H: Handler<T, AppState>, T: 'static>(&mut self, path: &str, handler: H, operation: Operation) {
        self.on(Method::DELETE, path, handler, operation);
    }

    /// The router, and the document of what it answers.
    pub(crate) fn finish(self) -> (Router<AppState>, Document) {
        (self.router, Document::of(&self.operations))
    }
}
