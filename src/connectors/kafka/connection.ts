import kafkajs, { type Kafka, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs';
import { registerCodecs } from './codecs.js';

export interface KafkaSettings {
  /** host:port */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string };
}

export type KafkaLog = (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;

/** What every client of ours is made with. Retrying is done by those who know what may be tried again. */
export function kafkaConfig({ brokers, tls, sasl }: KafkaSettings, clientId = 'tripline'): KafkaConfig {
  registerCodecs();
  return {
    clientId,
    brokers: [...brokers],
    ssl: tls,
    sasl: sasl as SASLOptions | undefined,
    connectionTimeout: 3_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, retries: 1 },
    logLevel: kafkajs.logLevel.NOTHING,
    logCreator: silent,
  };
}

/** What goes wrong comes back as an error, and is logged by whoever takes it. */
const silent: logCreator = () => () => {};

export function kafkaClient(settings: KafkaSettings, clientId?: string): Kafka {
  return new kafkajs.Kafka(kafkaConfig(settings, clientId));
}
