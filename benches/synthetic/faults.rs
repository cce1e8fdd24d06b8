//! The faults that are planted: what the failing test says, and the chain of lines its cause leaves in the logs.

use super::services::Role;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By a structured logger, the traceback (or nothing) beside it.
    Structured(&'static str),
    /// As plain text.
    Plain,
    /// Each of its lines an entry of its own, microseconds apart.
    LineByLine,
    /// An entry of the request log: method and path, answered with this status after so many milliseconds.
    Request(&'static str, &'static str, u16, i64),
}

/// A line of the chain.
#[derive(Debug)]
pub struct Trace {
    /// Milliseconds after the chain began.
    pub after: i64,
    /// Who wrote it.
    pub role: Role,
    /// The logger.
    pub module: &'static str,
    /// Its severity; plain text has none.
    pub severity: &'static str,
    /// How it is written.
    pub form: Form,
    /// What it says.
    pub text: &'static str,
}

/// A known cause.
#[derive(Debug)]
pub struct Fault {
    /// The rule that names it.
    pub rule: &'static str,
    /// The error line of the failing test.
    pub message: &'static str,
    /// Its chain, in order of time.
    pub chain: &'static [Trace],
}

const CLOSED: &str = "websockets.exceptions.ConnectionClosedError: received 1011 (internal error) Internal error; then sent 1011 (internal error) Internal error";

const fn backend(after: i64, module: &'static str, severity: &'static str, form: Form, text: &'static str) -> Trace {
    Trace { after, role: Role::Backend, module, severity, form, text }
}

const fn upgrade(latency: i64) -> Trace {
    backend(0, "", "", Form::Request("GET", "/ws", 101, latency), "")
}

const fn closed_upstream(after: i64) -> Trace {
    let text = "Upstream closed websocket /ws with code 1011 (Internal error)";
    Trace { after, role: Role::Gateway, module: "gateway.proxy", severity: "WARNING", form: Form::Structured(""), text }
}

const NAME_ERROR: &str = r#"Traceback (most recent call last):
  File "/app/backend/routes/websocket.py", line 85, in prepare_connection
    complete_state_machine(connection_id)
  File "/app/backend/routes/websocket.py", line 67, in complete_state_machine
    machine = get_connection_state_machine(connection_id)
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
NameError: name 'get_connection_state_machine' is not defined
"#;

const ENUM_ERROR: &str = r#"Traceback (most recent call last):
  File "/app/backend/routes/websocket.py", line 121, in websocket_endpoint
    connection = await prepare_connection(websocket, auth, connection_id)
  File "/app/backend/websocket_core/events.py", line 44, in emit
    payload = json.dumps(event)
              ^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.11/json/encoder.py", line 180, in default
    raise TypeError(f'Object of type {o.__class__.__name__} '
TypeError: Object of type WebSocketState is not JSON serializable"#;

const REFUSED: &str = r#"Traceback (most recent call last):
  File "/app/backend/routes/api.py", line 92, in list_threads
    rows = await pool.fetch(QUERY, user.id)
  File "/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 146, in __init__
    self._dbapi_connection = engine.raw_connection()
sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "10.20.0.3", port 5432 failed: Connection refused"#;

const KEYWORD: &str = r#"Traceback (most recent call last):
  File "/app/backend/websocket_core/handlers.py", line 77, in _run
    await self.engine.execute(request, connection.user_id, run_id, emitter)
  File "/app/backend/agents/execution.py", line 131, in _execute
    return ExecutionResult(success=True, agent=agent.agent_type)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
TypeError: ExecutionResult.__init__() got an unexpected keyword argument 'success'
"#;

/// All of them.
pub const FAULTS: &[Fault] = &[
    Fault {
        rule: "auth/missing-jwt",
        message: CLOSED,
        chain: &[
            upgrade(310),
            backend(
                12,
                "backend.websocket_core.auth",
                "ERROR",
                Form::Structured(""),
                "No JWT in WebSocket headers or subprotocols (client={ip} ua=Python/3.11 websockets/17.4 connection={ws})",
            ),
            backend(
                13,
                "backend.routes.websocket",
                "WARNING",
                Form::Structured(""),
                "WebSocket authentication failed for {ws}, closing connection",
            ),
            closed_upstream(19),
        ],
    },
    Fault {
        rule: "python/undefined-state-machine",
        message: CLOSED,
        chain: &[
            upgrade(270),
            backend(
                9,
                "backend.routes.websocket",
                "ERROR",
                Form::Structured(NAME_ERROR),
                "Final state machine setup failed for {ws}: name 'get_connection_state_machine' is not defined",
            ),
            backend(
                10,
                "backend.routes.websocket",
                "ERROR",
                Form::Structured(""),
                "Connection {ws} state machine never reached ready state: ApplicationConnectionState.CONNECTING",
            ),
            backend(
                11,
                "backend.routes.websocket",
                "ERROR",
                Form::Structured(""),
                "This indicates accept() race condition - connection cannot process messages",
            ),
            backend(
                12,
                "backend.routes.websocket",
                "ERROR",
                Form::Structured(""),
                "WebSocket error in main mode: connection {ws} not ready",
            ),
            closed_upstream(21),
        ],
    },
    Fault {
        rule: "serialization/enum-not-json-serializable",
        message: CLOSED,
        chain: &[
            upgrade(420),
            backend(
                15,
                "",
                "",
                Form::Plain,
                "{clock} - backend.routes.websocket - ERROR - WebSocket error in main mode: Object of type WebSocketState is not JSON serializable",
            ),
            backend(16, "", "", Form::LineByLine, ENUM_ERROR),
            closed_upstream(24),
        ],
    },
    Fault {
        rule: "database/connection-refused",
        message: "AssertionError: GET /api/threads: 500 {\"detail\":\"Internal Server Error\"}",
        chain: &[
            backend(0, "", "ERROR", Form::Request("GET", "/api/threads?limit=20", 500, 45), ""),
            backend(31, "", "ERROR", Form::Plain, REFUSED),
        ],
    },
    Fault {
        rule: "python/unexpected-keyword-argument",
        message: "TimeoutError: timed out after 10s waiting for agent_completed",
        chain: &[
            backend(
                0,
                "backend.agents.execution",
                "INFO",
                Form::Structured(""),
                "Agent run {run} started: agent=triage user={user}",
            ),
            backend(
                120,
                "backend.websocket_core.handlers",
                "ERROR",
                Form::Structured(KEYWORD),
                "Agent execution failed for {run}: ExecutionResult.__init__() got an unexpected keyword argument 'success'",
            ),
        ],
    },
    Fault {
        rule: "agent/llm-api-key-missing",
        message: "TimeoutError: timed out after 10s waiting for agent_completed",
        chain: &[
            backend(
                0,
                "backend.agents.execution",
                "INFO",
                Form::Structured(""),
                "Agent run {run} started: agent=data user={user}",
            ),
            backend(
                64,
                "backend.websocket_core.handlers",
                "ERROR",
                Form::Structured(""),
                "Agent execution failed for {run}: LLM API key missing: GEMINI_API_KEY is not set",
            ),
        ],
    },
];
