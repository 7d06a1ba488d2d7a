import type { KafkaSettings } from '../connection.js';

/** How the brokers of a topic are reached. */
export interface KafkaConnectionOptions {
  /** host:port */
  readonly brokers: readonly string[];
  readonly tls?: boolean;
  readonly sasl?: KafkaSettings['sasl'];
}

export function settingsOf({ brokers, tls = false, sasl }: KafkaConnectionOptions): KafkaSettings {
  return { brokers, tls, sasl };
}
