/** How much of a document is looked at; a hostile one is refused before it costs anything. */
export interface DocumentLimits {
  /** Size of the document's text in UTF-8, bytes. */
  readonly maxRuleBytes: number;
  /** Objects and lists inside each other. */
  readonly maxNesting: number;
  /** Steps of a pattern, those in groups included. */
  readonly maxSteps: number;
  /** Highest count in `times`. */
  readonly maxTimes: number;
  /** Characters of one expression. */
  readonly maxExpressionLength: number;
  /** Nesting of one expression. */
  readonly maxExpressionNesting: number;
}

export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = Object.freeze({
  maxRuleBytes: 256 * 1024,
  maxNesting: 32,
  maxSteps: 64,
  maxTimes: 1_000,
  maxExpressionLength: 8_192,
  maxExpressionNesting: 64,
});

/** Options for documents that were accepted once: a limit lowered since then does not make them unreadable. */
export const STORED: { readonly limits: DocumentLimits } = Object.freeze({
  limits: {
    maxRuleBytes: Infinity,
    maxNesting: Infinity,
    maxSteps: Infinity,
    maxTimes: Infinity,
    maxExpressionLength: Infinity,
    maxExpressionNesting: Infinity,
  },
});
