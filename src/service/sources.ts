import type { KafkaSettings } from '../connectors/kafka/connection.js';
import type { KafkaSources } from '../connectors/kafka/kafka-sources.js';
import type { StreamDefinition } from '../engine/rule/definition.js';
import type { EventLog, PastReader, SourceReader, Sources } from '../runtime/ports/stores.js';
import type { Settings } from './settings/settings.js';

/** All streams' events: topics from Kafka, the others from the log of HTTP events. */
export class StreamSources implements Sources {
  constructor(
    readonly log: EventLog,
    readonly kafka: KafkaSources | undefined,
  ) {}

  reader(stream: string): SourceReader {
    return this.kafka?.reader(stream) ?? this.log.reader(stream);
  }

  /** What the stream still holds of events at or after `since`; `slackMs` is how far an event's time may be after its arrival. */
  past(stream: StreamDefinition, since: number, slackMs: number): Promise<PastReader> {
    const arrived = since - slackMs;
    return stream.source.kind === 'kafka' && this.kafka !== undefined
      ? this.kafka.past(stream, arrived)
      : this.log.past(stream.name, arrived);
  }

  workedOff(stream: string, partition: number, offset: number): void {
    if (this.kafka?.reader(stream) === undefined) this.log.workedOff(stream, partition, offset);
  }
}

/** Undefined when no brokers are set. */
export function kafkaSettings(settings: Settings): KafkaSettings | undefined {
  const { kafkaBrokers, kafkaTls, kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword } = settings;
  if (kafkaBrokers === undefined) return undefined;
  const sasl =
    kafkaSaslMechanism === undefined
      ? undefined
      : { mechanism: kafkaSaslMechanism, username: kafkaSaslUsername ?? '', password: kafkaSaslPassword ?? '' };
  return { brokers: kafkaBrokers, tls: kafkaTls === 'on', sasl };
}
