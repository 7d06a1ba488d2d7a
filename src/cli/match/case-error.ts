/** Why a case was not run, as the answer shows it. */
export interface CaseError {
  readonly code: string;
  readonly message: string;
  /** RFC 6901 pointer relative to the case's `rule`; '' when the problem is outside it. */
  readonly path: string;
}

export class CaseRejected extends Error {
  constructor(readonly error: CaseError) {
    super(error.message);
    this.name = 'CaseRejected';
  }
}

export function reject(code: string, message: string, path = ''): never {
  throw new CaseRejected({ code, message, path });
}
