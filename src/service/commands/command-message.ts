import type { Type } from '@nestjs/common';
import { IsDefined, IsIn, IsString } from 'class-validator';
import { JsonError, decodeUtf8 } from '../../engine/event/json-reader.js';
import { nearest, pointerTo, shown } from '../../engine/problem/problem.js';
import { RULE_STATUSES, type RuleStatus } from '../../engine/rule/definition.js';
import { parseDocument } from '../../engine/rule/index.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import type { PostedDocument } from '../http/body.js';
import { readJsonObject } from '../http/json-body.js';
import { sliceMembers } from '../http/json-slices.js';
import { validated } from '../http/validated-body.js';
import type { Settings } from '../settings/settings.js';

/** A command as it is carried out. `name`: the rule's id, the stream's or the sink's name. */
export type Command =
  | { readonly command: 'put-rule' | 'put-stream' | 'put-sink'; readonly name: string; readonly document: PostedDocument }
  | { readonly command: 'delete-rule' | 'delete-stream' | 'delete-sink'; readonly name: string }
  | { readonly command: 'set-rule-status'; readonly name: string; readonly status: RuleStatus };

/** Room for what is around a document, bytes. */
const AROUND_BYTES = 4_096;

class PutMessage {
  @IsString()
  command!: string;

  @IsDefined({ message: '`document` is missing: expected a JSON object, or a text of YAML' })
  document!: unknown;
}

class DeleteMessage {
  @IsString()
  command!: string;

  @IsString({ message: '`name` must be a text: the id of a rule, the name of a stream or sink' })
  name!: string;
}

class StatusMessage extends DeleteMessage {
  @IsIn([...RULE_STATUSES], { message: `\`status\` must be one of ${RULE_STATUSES.join(', ')}` })
  status!: RuleStatus;
}

const MESSAGES: Readonly<Record<Command['command'], Type<object>>> = {
  'put-rule': PutMessage,
  'put-stream': PutMessage,
  'put-sink': PutMessage,
  'delete-rule': DeleteMessage,
  'delete-stream': DeleteMessage,
  'delete-sink': DeleteMessage,
  'set-rule-status': StatusMessage,
};

/** Reads a message of the command topic. Throws DomainError with what is wrong; pointers lead into the message. */
export function readCommand(value: Buffer, settings: Settings): Command {
  const text = readText(value, settings.maxRuleBytes + AROUND_BYTES);
  const message = readJsonObject(text, settings.maxNesting + 1);
  const type = MESSAGES[message.command as Command['command']];
  if (type === undefined || !Object.hasOwn(MESSAGES, message.command as string)) throw unknownCommand(message.command);
  const checked = validated(message, type);
  if (!(checked instanceof PutMessage)) return { ...checked } as Command;
  const document = asPosted(sliceMembers(text).get('document')!);
  return { command: checked.command as 'put-rule', name: nameIn(document, checked.command, settings), document };
}

function readText(value: Buffer, maxBytes: number): string {
  if (value.length > maxBytes) throw new DomainError('too-large', 'document-too-large', `the message has more than ${maxBytes} bytes`);
  try {
    return decodeUtf8(value);
  } catch (error) {
    if (error instanceof JsonError) throw new DomainError('unparseable', error.code, `${error.message} (at byte ${error.offset})`);
    throw error;
  }
}

function unknownCommand(found: unknown): DomainError {
  const known = Object.keys(MESSAGES);
  const problem = {
    code: found === undefined ? 'missing-key' : 'invalid-value',
    message: found === undefined ? '`command` is missing' : '`command` is none that there is',
    pointer: found === undefined ? '' : '/command',
    found: found === undefined ? undefined : shown(found),
    expected: `one of ${known.join(', ')}`,
    suggestion: nearest(String(found), known),
  };
  return invalid('invalid-request', problem.message, [problem]);
}

/** A document goes on byte for byte; one given as a text is YAML. */
function asPosted(slice: string): PostedDocument {
  return slice.startsWith('"') ? { text: JSON.parse(slice) as string, format: 'yaml' } : { text: slice, format: 'json' };
}

/** Over REST the name stands in the address; here the document must have it. */
function nameIn({ text, format }: PostedDocument, command: string, settings: Settings): string {
  const key = command === 'put-rule' ? 'id' : 'name';
  const { value, problems } = parseDocument(text, format, settings);
  if (problems.length > 0) throw new DomainError('unparseable', problems[0].code, problems[0].message, { errors: problems });
  const name = (value as Record<string, unknown> | null)?.[key];
  if (typeof name === 'string') return name;
  const problem = { code: 'missing-key', message: `the document must have a text \`${key}\``, pointer: pointerTo('/document', key) };
  throw invalid('invalid-request', problem.message, [problem]);
}
