-- What the paper broker and the advisor's memory keep; ours, beside the tables of the original.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    symbol TEXT NOT NULL REFERENCES instruments,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    notional REAL NOT NULL CHECK (notional >= 1),
    quantity REAL NOT NULL,
    estimated_price REAL NOT NULL CHECK (estimated_price > 0),
    limit_price REAL CHECK (limit_price > 0),
    hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('previewed', 'filled', 'partially_filled', 'queued', 'cancelled', 'rejected')),
    reason TEXT,
    previewed_at TEXT NOT NULL,
    submitted_at TEXT,
    execute_at TEXT,
    idempotency_key TEXT UNIQUE
) STRICT;
CREATE TABLE fills (
    order_id TEXT PRIMARY KEY REFERENCES orders,
    quantity REAL NOT NULL CHECK (quantity > 0),
    price REAL NOT NULL CHECK (price > 0),
    amount REAL NOT NULL CHECK (amount > 0),
    filled_at TEXT NOT NULL
) STRICT;
CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    order_hash TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE TABLE memories (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    noted_at TEXT NOT NULL
) STRICT;
