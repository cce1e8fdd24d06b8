//! What the services say when nothing is wrong, and the loud lines that mean nothing.

/// A logger and one of its lines; `{…}` is filled in by [`super::cast`].
pub type Line = (&'static str, &'static str, &'static str);

/// Requests: method, path, and how often in a hundred.
pub const REQUESTS: &[(&str, &str, u32)] = &[
    ("GET", "/health", 22),
    ("GET", "/api/threads?limit=20&cursor={hex}", 18),
    ("GET", "/api/threads/{uuid}/messages", 14),
    ("POST", "/api/threads/{uuid}/messages", 9),
    ("GET", "/api/agents", 8),
    ("POST", "/api/agents/execute", 7),
    ("GET", "/api/user/profile", 7),
    ("POST", "/auth/token", 6),
    ("GET", "/ws", 5),
    ("GET", "/api/mcp/servers", 4),
];

/// What calls: browsers, test clients, probes.
pub const CLIENTS: &[&str] = &[
    "python-httpx/0.28.1",
    "Python/3.11 websockets/17.4",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring)",
    "okhttp/5.1.0",
];

/// Ordinary lines of the structured loggers: logger, severity, message.
pub const STRUCTURED: &[Line] = &[
    ("backend.routes.websocket", "INFO", "WebSocket {ws} disconnected (code=1000)"),
    ("backend.websocket_core.auth", "INFO", "WebSocket authenticated user {user} via header ({ws})"),
    ("backend.websocket_core.registry", "INFO", "Connection {ws} registered for user {user} (total {n})"),
    (
        "backend.routes.websocket",
        "INFO",
        "websocket event: {\"event\": \"agent_thinking\", \"run_id\": \"{run}\", \"user_id\": \"{user}\", \"step\": {n}}",
    ),
    ("backend.agents.execution", "INFO", "Agent run {run} started: agent=triage user={user}"),
    ("backend.agents.execution", "INFO", "Agent run {run} completed in {ms}ms"),
    ("backend.agents.tools", "DEBUG", "tool search_documents returned {n} hits for run {run} in {ms} ms"),
    ("backend.db.pool", "DEBUG", "checkout {hex} from pool primary: {n} in use, {ms} us"),
    ("backend.cache", "INFO", "cache refreshed: {n} keys, hit ratio 0.{n}, took {ms} ms"),
    ("backend.routes.api", "INFO", "GET /api/threads answered 200 in {ms} ms for user {user}"),
    ("gateway.proxy", "INFO", "edge policy ws-upgrade-v2 applied to /ws: forwarded {n} headers, removed []"),
    ("gateway.proxy", "INFO", "proxied {hex} to lumen-backend-staging in {ms} ms"),
    ("backend.embeddings", "INFO", "Preloading embedding shard {n}/128"),
    ("backend.scheduler", "DEBUG", "next tick in {ms} ms, {n} jobs waiting"),
    ("backend.billing", "INFO", "usage recorded for tenant {uuid}: {n} tokens, model gpt-5-mini"),
    ("backend.search", "INFO", "query \"how do I rotate a signing key?\" matched {n} documents (user {user})"),
];

/// Ordinary lines of plain text, as a container prints them.
pub const PLAIN: &[&str] = &[
    "{clock} - auth_service.tokens - INFO - Issued access token for user {user} (ttl=15m, jti={hex})",
    "{clock} - auth_service.keys - INFO - signing key {hex} loaded, next rotation in {n} h",
    "INFO:     {ip}:{n} - \"GET /health HTTP/1.1\" 200 OK",
    "INFO:     {ip}:{n} - \"POST /auth/token HTTP/1.1\" 200 OK",
    "INFO:     {ip}:{n} - \"WebSocket /ws\" [accepted]",
    "INFO:     connection open",
    "INFO:     connection closed",
    "{clock} - backend.websocket_core.auth - INFO - WebSocket authenticated user {user} via header ({ws})",
    "{clock} - backend.agents.execution - INFO - Agent run {run} completed in {ms}ms",
    "{clock} - backend.routes.websocket - INFO - WebSocket {ws} disconnected (code=1000)",
    "[{clock}] worker.queue INFO job {uuid} done after {ms} ms (attempt 1)",
    "[{clock}] worker.queue INFO picked job {uuid} kind=summarise shard={n}",
    "[{clock}] worker.export INFO wrote {n} rows to gs://lumen-staging-exports/{hex}.parquet",
    "SELECT id, title, updated_at FROM threads WHERE owner = $1 ORDER BY updated_at DESC LIMIT 20 -- {ms} ms",
    "{clock} - backend.http - DEBUG - HTTP Request: POST https://api.openai.example/v1/responses \"HTTP/1.1 200 OK\"",
    "{clock} - backend.metrics - DEBUG - gauge event_loop_lag_ms={ms} open_connections={n}",
];

/// Loud and innocent: they come around passing and failing tests alike.
pub const RED_HERRINGS: &[Line] = &[
    (
        "backend.analytics",
        "ERROR",
        "CRITICAL: ClickHouse connection failed, [Errno 111] Connect call failed ('127.0.0.1', 9440); usage events kept in memory",
    ),
    (
        "backend.websocket_core.validation",
        "WARNING",
        "SSOT validation issues (non-blocking): ['Multiple sessions for user demo-user-{n} - potential duplication']",
    ),
    ("auth_service", "ERROR", "GOOGLE_OAUTH_CLIENT_ID_STAGING validation failed: GOOGLE_OAUTH_CLIENT_ID_STAGING required"),
    ("backend.telemetry", "ERROR", "Exception while exporting Span batch."),
    ("backend.routes.api", "WARNING", "JWT validation failed: Not enough segments (path=/api/threads ua=python-httpx/0.28.1)"),
    (
        "backend.websocket_core.auth",
        "ERROR",
        "No JWT in WebSocket headers or subprotocols (client={ip} ua=GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring) connection={ws})",
    ),
    ("backend.cache", "WARNING", "Redis timeout after {ms} ms, falling back to the in-memory cache"),
];

/// A traceback of a background task that nobody waits for; it comes one line an entry or as one entry.
pub const HARMLESS_TRACEBACK: &str = r#"Traceback (most recent call last):
  File "/usr/local/lib/python3.11/logging/__init__.py", line 1110, in emit
    msg = self.format(record)
          ^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.11/logging/__init__.py", line 953, in format
    return fmt.format(record)
           ^^^^^^^^^^^^^^^^^^
  File "/app/backend/background.py", line {n}, in connection_census
    census_logger.info("websocket census", extra={"run": "{run}"})
  File "/usr/local/lib/python3.11/logging/__init__.py", line 687, in format
    record.message = record.getMessage()
                     ^^^^^^^^^^^^^^^^^^^
TypeError: not all arguments converted during string formatting"#;

/// The last line of a server error that a client provokes now and then.
pub const HANDLED_TRACEBACK: &str = r#"Traceback (most recent call last):
  File "/usr/local/lib/python3.11/site-packages/starlette/routing.py", line 776, in app
    await route.handle(scope, receive, send)
  File "/app/backend/routes/export.py", line 58, in export_thread
    rows = [row async for row in stream(thread_id="{uuid}")]
  File "/app/backend/routes/export.py", line 31, in stream
    yield await queue.get()
asyncio.exceptions.CancelledError: export {hex} was given up by the client"#;
