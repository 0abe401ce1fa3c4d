-- The tables of ed-donner/alex (MIT), as SQLite has them: uuid, decimal and JSONB columns hold text, numbers and JSON text.
-- Ours are users.risk_profile, users.detail, users.goals, accounts.tax_treatment, instruments.price_date, the status `partial`
-- (a job of which a part failed; the original calls it completed), and the tables activities and snippets.
CREATE TABLE users (
    clerk_user_id TEXT PRIMARY KEY,
    display_name TEXT,
    years_until_retirement INTEGER,
    target_retirement_income REAL,
    asset_class_targets TEXT,
    region_targets TEXT,
    risk_profile TEXT,
    detail TEXT,
    goals TEXT
) STRICT;
CREATE TABLE instruments (
    symbol TEXT PRIMARY KEY CHECK (length(symbol) BETWEEN 1 AND 20),
    name TEXT NOT NULL,
    instrument_type TEXT,
    current_price REAL CHECK (current_price > 0),
    price_date TEXT,
    allocation_regions TEXT,
    allocation_sectors TEXT,
    allocation_asset_class TEXT
) STRICT;
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    clerk_user_id TEXT NOT NULL REFERENCES users,
    account_name TEXT NOT NULL,
    account_purpose TEXT,
    tax_treatment TEXT NOT NULL CHECK (tax_treatment IN ('taxable', 'tax_deferred', 'tax_free')),
    cash_balance REAL NOT NULL DEFAULT 0,
    cash_interest REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE positions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    symbol TEXT NOT NULL, -- may be one that instruments lacks, as broken imports leave them
    quantity REAL, -- NULL where the source gave no number; SQLite has no NaN
    as_of_date TEXT NOT NULL,
    UNIQUE (account_id, symbol)
) STRICT;
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    clerk_user_id TEXT REFERENCES users,
    job_type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'partial', 'failed')),
    request_payload TEXT,
    report_payload TEXT,
    charts_payload TEXT,
    retirement_payload TEXT,
    summary_payload TEXT,
    error_message TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT,
    updated_at TEXT
) STRICT;
CREATE TABLE activities (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    date TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('deposit', 'interest', 'dividend', 'buy', 'sell')),
    symbol TEXT REFERENCES instruments,
    quantity REAL,
    price REAL,
    amount REAL NOT NULL
) STRICT;
CREATE TABLE snippets (
    id TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    symbols TEXT NOT NULL,
    topic TEXT NOT NULL,
    stance TEXT NOT NULL CHECK (stance IN ('positive', 'neutral', 'negative')),
    source TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
