/** Names under which the wiring hands out what has no class of its own. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');
export const JOB = Symbol('job');
/** The topics that are streams; null without brokers. */
export const KAFKA = Symbol('kafka');
export const SINKS = Symbol('sinks');
/** Where events come from, and what is left of those that came. */
export const SOURCES = Symbol('sources');
export const CATALOG = Symbol('catalog');
export const LISTS = Symbol('reference lists');
export const EVENT_LOG = Symbol('event log');
export const INGESTER = Symbol('ingester');
export const ALERTS = Symbol('alerts');
export const DEAD_LETTERS = Symbol('dead letters');
/** Pings the database: () => Promise<void>. */
export const PING = Symbol('ping');
export const API_KEYS = Symbol('stored API keys');
export const CHECKPOINTS = Symbol('checkpoints');
export const AUDIT = Symbol('audit log');
export const HANDLED_COMMANDS = Symbol('handled commands');
export const ALERT_STATES_OF = Symbol('states of alerts');
/** The tenant whose part this is: string, or null in the operator's. */
export const TENANT = Symbol('tenant');
