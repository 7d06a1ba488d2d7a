import { NotFoundException } from '@nestjs/common';
import { DomainError } from '../../src/service/errors/domain-error.js';
import { toProblem } from '../../src/service/errors/problem-document.js';
import { StorageError } from '../../src/storage/errors.js';
import { EpochLostError } from '../../src/runtime/ports/stores.js';

const failure = (more: object) => Object.assign(new Error('x'), more);

describe('problem documents', () => {
  it.each([
    [new DomainError('unparseable', 'c', 'd'), 400, 'c'],
    [new DomainError('unauthenticated', 'c', 'd'), 401, 'c'],
    [new DomainError('forbidden', 'c', 'd'), 403, 'c'],
    [new DomainError('not-found', 'c', 'd'), 404, 'c'],
    [new DomainError('conflict', 'c', 'd'), 409, 'c'],
    [new DomainError('too-large', 'c', 'd'), 413, 'c'],
    [new DomainError('unsupported-type', 'c', 'd'), 415, 'c'],
    [new DomainError('invalid', 'c', 'd'), 422, 'c'],
    [new DomainError('busy', 'c', 'd'), 429, 'c'],
    [new DomainError('unavailable', 'c', 'd'), 503, 'c'],
    [new NotFoundException('Cannot GET /x'), 404, 'route-not-found'],
    [failure({ statusCode: 414 }), 414, 'uri-too-long'],
    [new StorageError('rule-exists', 'x'), 409, 'rule-exists'],
    [new StorageError('log-overloaded', 'x'), 429, 'log-overloaded'],
    [failure({ code: 'ECONNREFUSED' }), 503, 'database-unavailable'],
    [failure({ code: '57P01' }), 503, 'database-unavailable'],
    [failure({ code: '53100' }), 503, 'database-unavailable'],
    [failure({ driverError: failure({ code: '08006' }) }), 503, 'database-unavailable'],
    [new EpochLostError('x'), 503, 'database-unavailable'],
    [new Error('Connection terminated unexpectedly'), 503, 'database-unavailable'],
    [failure({ code: '23505' }), 500, 'internal-error'],
    ['text', 500, 'internal-error'],
    [undefined, 500, 'internal-error'],
  ])('%s', (error, status, code) => {
    expect(toProblem(error).document).toMatchObject({ type: `urn:tripline:problem:${code}`, status, code, errors: [] });
  });

  it('carry more members, single errors and when to try again; never what an unforeseen error says', () => {
    const reply = toProblem(
      new DomainError('busy', 'backlog-full', 'd', {
        members: { processed: 3, status: 1 },
        retryAfter: 2,
        errors: [{ code: 'x', message: 'm' }],
      }),
    );
    expect(reply).toMatchObject({ retryAfter: 2, unexpected: false, document: { status: 429, processed: 3, errors: [{ code: 'x' }] } });
    expect(JSON.stringify(toProblem(new Error('password hunter2')).document)).not.toContain('hunter2');
  });
});
