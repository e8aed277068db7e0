-- One generation: the log's facts and everything derived from them.
-- No keys and no indexes: they would make the file 17 times larger. Uniqueness is judged
-- in staging and checked after writing; clustering by series and date replaces the index.

CREATE TABLE meta (
    generation INTEGER,
    software VARCHAR,
    rules VARCHAR,              -- id and version of the rule profile
    kernel VARCHAR,             -- version of the formulas
    layout VARCHAR,             -- hash of this file: which tables and columns there are
    library VARCHAR,            -- hash of every instrument, profile and own figure used
    fit INTEGER,                -- number of the fit of the service's own figures; NULL: none
    instruments INTEGER,
    made_at TIMESTAMP           -- UTC
);

CREATE TABLE scale (            -- by which range the scores on record were judged
    instrument VARCHAR,
    minimum DOUBLE,
    maximum DOUBLE,
    better VARCHAR
);

-- Facts ------------------------------------------------------------------------

CREATE TABLE episode (
    episode_key INTEGER,
    client_id VARCHAR,
    episode_id VARCHAR,
    clinician_id VARCHAR,
    team VARCHAR,
    service VARCHAR,
    started_on DATE,
    ended_on DATE,
    ending VARCHAR,
    problem VARCHAR,
    modality VARCHAR,
    age_band VARCHAR,
    gender VARCHAR,
    attributes VARCHAR,         -- further columns of episodes.csv, as JSON text
    import_no INTEGER,          -- NULL: only implied by scores, no episodes.csv row yet
    source_row INTEGER
);

CREATE TABLE assignment (       -- who had the episode when, as the score rows say it
    episode_key INTEGER,
    last_on DATE,               -- the last score that names them
    clinician_id VARCHAR,
    team VARCHAR,
    service VARCHAR,
    import_no INTEGER
);

CREATE TABLE series (
    series_id INTEGER,
    episode_key INTEGER,
    instrument VARCHAR,
    respondent VARCHAR          -- '' is the instrument's usual respondent
);

CREATE TABLE score (            -- clustered by series_id, administered_on, session_no
    series_id INTEGER,
    administered_on DATE,
    session_no INTEGER,
    total DOUBLE,               -- NULL: answered, but too few items for a total
    answers DOUBLE[],           -- NULL: only the total came; NULL inside: a blank item
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE session (
    episode_key INTEGER,
    session_no INTEGER,
    held_on DATE,
    attendance VARCHAR,
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE goal (
    episode_key INTEGER,
    goal_id VARCHAR,
    set_on DATE,
    rank INTEGER,
    kind VARCHAR,
    target_on DATE,
    start_value DOUBLE,
    target_value DOUBLE,
    unit VARCHAR,
    statement VARCHAR,
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE goal_rating (
    episode_key INTEGER,
    goal_id VARCHAR,
    rated_on DATE,
    session_no INTEGER,
    rating DOUBLE,
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE tally (
    episode_key INTEGER,
    tally_id VARCHAR,
    counted_on DATE,
    days INTEGER,
    count INTEGER,
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE annotation (
    episode_key INTEGER,
    noted_on DATE,
    kind VARCHAR,
    text VARCHAR,
    import_no INTEGER,
    source_row INTEGER
);

CREATE TABLE quarantine (
    import_no INTEGER,
    source_row INTEGER,         -- as a spreadsheet counts: the header is row 1
    column_name VARCHAR,
    found VARCHAR,
    allowed VARCHAR,
    code VARCHAR,
    line VARCHAR,               -- the row as it came
    client_id VARCHAR,          -- as the row says, where it has one
    instrument VARCHAR,
    administered_on VARCHAR,
    risk_item INTEGER,          -- an item of risk that the row answers
    risk_answer VARCHAR,
    risk_positive BOOLEAN
);

-- Derived ----------------------------------------------------------------------

CREATE TYPE category AS ENUM
    ('recovered', 'improved', 'unchanged', 'deteriorated', 'harmed', 'not_assessable');
CREATE TYPE state AS ENUM ('improving', 'worsening', 'plateau', 'undetermined', 'too_early');
CREATE TYPE course AS ENUM ('within', 'amber', 'red');
CREATE TYPE alert AS ENUM ('none', 'below', 'dropped', 'both', 'not_assessable');
CREATE TYPE plateau_kind AS ENUM ('maintained', 'stuck', 'at_floor');

CREATE TABLE result (           -- one row a series
    series_id INTEGER,
    episode_key INTEGER,
    instrument VARCHAR,
    respondent VARCHAR,
    n INTEGER,
    first_on DATE,
    last_on DATE,
    baseline DOUBLE,
    latest DOUBLE,
    change DOUBLE,
    improvement DOUBLE,
    rci DOUBLE,
    category category,
    confirmed BOOLEAN,
    category_since DATE,        -- first score of the unbroken run of this direction
    slope_per_week DOUBLE,
    slope_low DOUBLE,
    slope_high DOUBLE,
    theil_sen_per_week DOUBLE,
    theil_sen_low DOUBLE,
    theil_sen_high DOUBLE,
    mann_kendall_p DOUBLE,
    shrunken_slope DOUBLE,      -- drawn towards the slopes of the service's other clients
    shrunken_weight DOUBLE,     -- the share of it that is the client's own
    state state,
    state_window INTEGER,
    block_weeks DOUBLE,
    block_change DOUBLE,
    block_low DOUBLE,
    block_high DOUBLE,
    plateau_kind plateau_kind,
    level DOUBLE,               -- mean of the last three scores
    sudden_gains INTEGER,       -- NULL: no interval between sessions could be judged
    sudden_losses INTEGER,
    sudden_evaluable INTEGER,   -- intervals that could be judged
    expected DOUBLE,            -- by the expected course, on the day of the last score
    expected_amber DOUBLE,
    expected_limit DOUBLE,
    not_on_track course,        -- NULL: cannot be assessed
    alert alert,                -- of a process measure
    alert_since DATE,
    flags INTEGER,              -- one bit for each of analytics.flags.KINDS that stands
    recent DOUBLE[]             -- the last scores, for the sparkline
);

CREATE TABLE event (
    series_id INTEGER,
    episode_key INTEGER,
    kind VARCHAR,
    session_no INTEGER,
    happened_on DATE,
    size DOUBLE,
    detail VARCHAR
);

CREATE TABLE risk_answer (      -- every answer to a risk item, also "not answered" (value NULL)
    series_id INTEGER,
    episode_key INTEGER,
    instrument VARCHAR,
    item INTEGER,               -- NULL: only a total came, the item was not recorded
    administered_on DATE,
    session_no INTEGER,
    value DOUBLE,
    positive BOOLEAN
);

CREATE TABLE caseload (         -- one row an episode, in the order of need
    episode_key INTEGER,
    client_id VARCHAR,
    episode_id VARCHAR,
    clinician_id VARCHAR,
    team VARCHAR,
    is_open BOOLEAN,
    needs INTEGER,              -- one bit for each word of attention that holds
    priority INTEGER,           -- the place of the first one; 0 comes first
    measures INTEGER,
    sessions INTEGER,           -- held ones; NULL where no list of sessions came
    missed INTEGER,
    first_on DATE,
    last_on DATE
);
