//! Responses, and the shapes of Adobe's errors. Adobe's pages document several and promise none;
//! the simulator uses each where Adobe's samples show it.

use std::time::SystemTime;

use serde_json::{Value, json};

/// One HTTP response, as scripted by a fault or given by a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers; `content-type` is among them, `content-length` and `x-request-id` are added.
    pub headers: Vec<(String, String)>,
    /// The body as it goes out.
    pub body: String,
}

impl Reply {
    /// Neither body nor content type.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// Any JSON.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    /// Any text of any type.
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self { body: body.into(), ..Self::empty(status).with_header("content-type", content_type) }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The gateway's shape: `{"error_code","message"}`.
    #[must_use]
    pub fn gateway(status: u16, error_code: &str, message: &str) -> Self {
        Self::json(status, &json!({"error_code": error_code, "message": message}))
    }

    /// A service's shape: `{"type","title","status","detail"}`.
    #[must_use]
    pub fn service(status: u16, title: &str, detail: &str) -> Self {
        let kind = format!("http://ns.adobe.com/aep/errors/CMK-{status}");
        Self::json(
            status,
            &json!({"type": kind, "title": title, "status": status, "detail": detail}),
        )
    }

    /// 400 of the service.
    #[must_use]
    pub fn bad_request(detail: &str) -> Self {
        Self::service(400, "Bad Request", detail)
    }

    /// The token endpoint's shape: `{"error","error_description"}`.
    #[must_use]
    pub fn ims(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    /// 403 403010: no token was sent. Adobe's troubleshooting page: it is 403, not 401.
    #[must_use]
    pub fn token_missing() -> Self {
        Self::gateway(403, "403010", "Oauth token is missing.")
    }

    /// 401 401013: the token is unknown or has expired.
    #[must_use]
    pub fn token_invalid() -> Self {
        Self::gateway(401, "401013", "Oauth token is not valid")
    }

    /// 403 403000: no `x-api-key` was sent.
    #[must_use]
    pub fn api_key_missing() -> Self {
        Self::gateway(403, "403000", "Api Key is required")
    }

    /// 403 403003: `x-api-key` is another one than `acp_provisioning`.
    #[must_use]
    pub fn api_key_invalid() -> Self {
        Self::gateway(403, "403003", "Api Key is invalid")
    }

    /// 400 400003: no `x-gw-ims-org-id` was sent.
    #[must_use]
    pub fn org_missing() -> Self {
        Self::gateway(400, "400003", "Request header x-gw-ims-org-id is missing")
    }

    /// 403 403025: the credential is not entitled for this organisation.
    #[must_use]
    pub fn not_entitled() -> Self {
        Self::gateway(403, "403025", "Profile is not valid for the requested organization")
    }

    /// 403 403027: the wrong organisation, or no product profile of Experience Platform.
    #[must_use]
    pub fn region_missing() -> Self {
        Self::gateway(403, "403027", "User region is missing")
    }

    /// 503 503010: the gateway could not check the token, so nothing behind it has seen the
    /// request.
    #[must_use]
    pub fn gateway_unavailable() -> Self {
        Self::gateway(503, "503010", "Could not validate the Oauth token")
    }

    /// 503 of a service: whether it did anything is unknown.
    #[must_use]
    pub fn service_unavailable() -> Self {
        Self::service(
            503,
            "Service Unavailable",
            "The service is temporarily unable to handle the request.",
        )
    }

    /// 404 of the gateway: no such path.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self::gateway(404, "404000", "Requested resource is not found")
    }

    /// 404 of the service: no such configuration.
    #[must_use]
    pub fn not_found() -> Self {
        Self::service(404, "Not Found", "The customer configuration was not found.")
    }

    /// 429 with an empty body and without `Retry-After`: Adobe's pages promise neither.
    #[must_use]
    pub fn throttled() -> Self {
        Self::empty(429)
    }

    /// 429 429050 with `Retry-After` in seconds.
    #[must_use]
    pub fn throttled_for(seconds: u64) -> Self {
        Self::gateway(429, "429050", "Too many requests")
            .with_header("retry-after", &seconds.to_string())
    }

    /// 429 429050 with `Retry-After` as an HTTP date.
    #[must_use]
    pub fn throttled_until(moment: SystemTime) -> Self {
        Self::gateway(429, "429050", "Too many requests")
            .with_header("retry-after", &httpdate::fmt_http_date(moment))
    }

    /// An HTML page with any status: 502 of a proxy, or 200 of one that wants a log-in.
    #[must_use]
    pub fn html(status: u16) -> Self {
        let body = format!(
            "<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></\
             body></html>\n"
        );
        Self::text(status, "text/html; charset=utf-8", &body)
    }

    /// 307 to somewhere else.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::empty(307).with_header("location", location)
    }
}
