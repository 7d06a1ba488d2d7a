import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, type KafkaContext, KafkaHeaders, MessagePattern } from '@nestjs/microservices';
import { COMMANDS } from './command-server.js';
import { CommandTopic } from './command-topic.js';
import { type Answer, CommandsService } from './commands.service.js';

/** Between two tries of a command while something is away, ms. */
const RETRY_MS = 1_000;

/** Commands of the topic, one after the other. */
@Controller()
export class CommandsController {
  constructor(
    @Inject(CommandsService) private readonly commands: CommandsService,
    @Inject(CommandTopic) private readonly topic: CommandTopic,
  ) {}

  @MessagePattern(COMMANDS)
  async take(@Ctx() context: KafkaContext) {
    const { key, value, headers } = context.getMessage();
    const id = String(headers?.[KafkaHeaders.CORRELATION_ID]);
    const by = { kind: 'command' as const, name: context.getTopic(), id };
    // The order of commands matters: what comes later waits.
    let answer: Answer = await this.commands.take(asBytes(value), by);
    while (answer.again && !this.topic.stopping.aborted) {
      await delay(RETRY_MS, undefined, { signal: this.topic.stopping }).catch(() => {});
      await context.getHeartbeat()();
      answer = await this.commands.take(asBytes(value), by);
    }
    const replayed = answer.replayed ? { 'idempotent-replayed': 'true' } : {};
    return { key, value: answer.reply, headers: { 'content-type': 'application/json', ...replayed } };
  }
}

/** A tombstone is an empty message. */
function asBytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}
