import { KafkaHeaders, type KafkaOptions, type MessageHandler, ServerKafka } from '@nestjs/microservices';
import type { KafkaConfig } from 'kafkajs';

type Payload = Parameters<ServerKafka['handleMessage']>[0];
type Reply = Parameters<ServerKafka['sendMessage']>;

/** What the handler listens to; the topic's name is a setting. */
export const COMMANDS = 'commands';
/** Longer ones are no ids but a way to fill the database. */
const MAX_ID_LENGTH = 255;
/** After a crash the next process reads on once the brokers have given this one up, ms. */
const SESSION_TIMEOUT_MS = 10_000;

export interface CommandServerOptions {
  readonly client: KafkaConfig;
  readonly topic: string;
  readonly replyTopic: string;
  /** A reply that could not be sent. */
  readonly onLostReply: (id: string, error: Error) => void;
}

/**
 * Nest's Kafka transport for commands. It differs in this: replies go to one topic and to no other that a message
 * names; a command without a correlation id gets one; a message counts as worked off once its reply is sent; and
 * nothing in a message's headers, nor a reply that cannot be sent, ends the consumer.
 */
export class CommandServer extends ServerKafka {
  #answered: () => void = () => {};

  constructor(private readonly own: CommandServerOptions) {
    super(asNest(own));
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEvent?: boolean, extras?: Record<string, unknown>): void {
    super.addHandler(pattern === COMMANDS ? this.own.topic : pattern, callback, isEvent, extras);
  }

  override async handleMessage(payload: Payload): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    const message = { ...payload.message, headers: this.#headers(payload) } as Payload['message'];
    await super.handleMessage({ ...payload, message });
    await answered;
  }

  override async sendMessage(...[message, topic, partition, id, context]: Reply): ReturnType<ServerKafka['sendMessage']> {
    try {
      return await super.sendMessage(message, topic, partition, id, context);
    } catch (error) {
      // Sent again when the sender sends the command again under its id.
      this.own.onLostReply(id, error as Error);
      return [];
    } finally {
      this.#answered();
    }
  }

  #headers({ topic, partition, message: { headers = {}, offset, timestamp } }: Payload) {
    const given = headers[KafkaHeaders.CORRELATION_ID]?.toString() ?? '';
    // Nest would read a JSON text as what it stands for.
    const usable = given !== '' && given.length <= MAX_ID_LENGTH && !/^[[{]/.test(given);
    const replyPartition = headers[KafkaHeaders.REPLY_PARTITION]?.toString() ?? '';
    return {
      [KafkaHeaders.CORRELATION_ID]: Buffer.from(usable ? given : `${topic}/${partition}/${offset}@${timestamp}`),
      [KafkaHeaders.REPLY_TOPIC]: Buffer.from(this.own.replyTopic),
      ...(/^\d{1,9}$/.test(replyPartition) ? { [KafkaHeaders.REPLY_PARTITION]: Buffer.from(replyPartition) } : {}),
    };
  }
}

function asNest({ client }: CommandServerOptions): Required<KafkaOptions>['options'] {
  return {
    client: client as Required<KafkaOptions>['options']['client'],
    postfixId: '',
    parser: { keepBinary: true },
    // A crash is told and seen to by who owns this server.
    consumer: {
      groupId: client.clientId!,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      retry: { retries: 1, restartOnFailure: async () => false },
    },
    producer: { allowAutoTopicCreation: false },
    subscribe: { fromBeginning: true },
  };
}
