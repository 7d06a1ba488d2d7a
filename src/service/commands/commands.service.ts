import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Author } from '../../storage/access/audit-log.js';
import type { HandledCommands } from '../../storage/commands/handled-commands.js';
import { DomainError } from '../errors/domain-error.js';
import { toProblem } from '../errors/problem-document.js';
import { RulesService } from '../rules/rules.service.js';
import type { Settings } from '../settings/settings.js';
import { SinksService } from '../sinks/sinks.service.js';
import { StreamsService } from '../streams/streams.service.js';
import { HANDLED_COMMANDS, LOGGER, SETTINGS } from '../tokens.js';
import { type Command, readCommand } from './command-message.js';

/** What REST would have answered. */
export interface CommandReply {
  readonly status: number;
  /** Absent with 204. */
  readonly body?: unknown;
}

export interface Answer {
  /** JSON of a CommandReply. */
  readonly reply: Buffer;
  /** The command had come before: nothing was done again. */
  readonly replayed: boolean;
  /** Something was away: not noted, and worth another try. */
  readonly again: boolean;
}

/** Carries out commands through the services that REST uses, each id once. */
@Injectable()
export class CommandsService {
  constructor(
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(SinksService) private readonly sinks: SinksService,
    @Inject(HANDLED_COMMANDS) private readonly handled: HandledCommands,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Never rejects. `by.id` is the command's id. */
  async take(value: Buffer, by: Author & { readonly id: string }): Promise<Answer> {
    try {
      const hash = createHash('sha256').update(value).digest();
      const before = await this.handled.find(by.id);
      if (before !== undefined) return before.bodyHash.equals(hash) ? { reply: before.reply, replayed: true, again: false } : reused(by.id);
      const reply = asJson(await this.#carryOut(readCommand(value, this.settings), by));
      await this.handled.add(by.id, hash, reply);
      return { reply, replayed: false, again: false };
    } catch (error) {
      return this.#refused(error, by.id);
    }
  }

  /** Refusals are not noted: the same would be refused again, or not any more. */
  #refused(error: unknown, id: string): Answer {
    const { document, unexpected } = toProblem(error);
    if (unexpected) this.log.error({ err: error, command: id }, document.detail);
    return { reply: asJson({ status: document.status, body: document }), replayed: false, again: document.status === 503 };
  }

  async #carryOut(command: Command, by: Author): Promise<CommandReply> {
    const { name } = command;
    switch (command.command) {
      case 'put-rule': {
        const { created, reply } = await this.rules.replace(name, command.document, by);
        return { status: created ? 201 : 200, body: reply };
      }
      case 'put-stream': {
        const { created, view, warnings } = await this.streams.put(name, command.document, by);
        return { status: created ? 201 : 200, body: { ...view, warnings } };
      }
      case 'put-sink': {
        const { created, view } = await this.sinks.put(name, command.document, by);
        return { status: created ? 201 : 200, body: view };
      }
      case 'set-rule-status':
        return { status: 200, body: await this.rules.setStatus(name, command.status, by) };
      case 'delete-rule':
        return this.rules.retire(name, by).then(deleted);
      case 'delete-stream':
        return this.streams.delete(name, by).then(deleted);
      case 'delete-sink':
        return this.sinks.delete(name, by).then(deleted);
    }
  }
}

function deleted(): CommandReply {
  return { status: 204 };
}

function reused(id: string): Answer {
  const error = new DomainError('invalid', 'command-id-reused', `the id ${id} was used with another command`);
  return { reply: asJson({ status: 422, body: toProblem(error).document }), replayed: false, again: false };
}

function asJson(reply: CommandReply): Buffer {
  return Buffer.from(JSON.stringify(reply));
}
