import type { FieldType } from './scope.js';
import type { RuntimeName } from './runtime/index.js';

/** What is known of a value before it is computed; any of them may turn out to be an error. */
export type NodeType = FieldType | 'any' | 'null' | 'event' | 'events';

export type Constant = null | boolean | number | string | Uint8Array;

/**
 * The checked form of an expression: names resolved, macros recognised, integers made doubles.
 * Stage 2 of parse → lower → compile; each kind is compiled by one function in compile.ts.
 */
export type Node = { readonly type: NodeType } & (
  | { readonly op: 'const'; readonly value: Constant }
  /** The current event. */
  | { readonly op: 'event' }
  /** A top-level field of a node of type event. */
  | { readonly op: 'field'; readonly of: Node; readonly name: string }
  /** A field whose name is a type's too: without the field, the type. */
  | { readonly op: 'fieldOrType'; readonly field: Node & { readonly op: 'field' } }
  /** A type by its name. */
  | { readonly op: 'type'; readonly name: string }
  /** Evaluates to an error. */
  | { readonly op: 'error'; readonly message: string }
  | { readonly op: 'step'; readonly step: number; readonly name: string }
  | { readonly op: 'steps'; readonly step: number }
  | { readonly op: 'value'; readonly index: number }
  /** A macro's variable; numbered from the outside in. */
  | { readonly op: 'local'; readonly depth: number }
  | { readonly op: 'select'; readonly of: Node; readonly name: string }
  | { readonly op: 'hasField'; readonly field: Node }
  | { readonly op: 'hasKey'; readonly of: Node; readonly key: Node }
  | { readonly op: 'hasStep'; readonly step: number }
  | { readonly op: 'logic'; readonly and: boolean; readonly left: Node; readonly right: Node }
  | { readonly op: 'cond'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly op: 'call'; readonly run: RuntimeName; readonly args: readonly Node[] }
  /** matches with a pattern known beforehand. */
  | { readonly op: 'regex'; readonly text: Node; readonly pattern: string }
  /** `in` a list of constants. */
  | { readonly op: 'inSet'; readonly item: Node; readonly set: readonly Constant[] }
  /** `in` a named list. */
  | { readonly op: 'inList'; readonly item: Node; readonly list: string }
  /** The entry of a key in a named list. */
  | { readonly op: 'lookup'; readonly list: string; readonly key: Node }
  | { readonly op: 'list'; readonly items: readonly Node[] }
  /** Keys and values in turn. */
  | { readonly op: 'map'; readonly entries: readonly Node[] }
  /** cel.bind: a name for a value. */
  | { readonly op: 'bind'; readonly depth: number; readonly value: Node; readonly body: Node }
  | {
      readonly op: 'macro';
      readonly macro: Macro;
      readonly range: Node;
      /** Of its variable; with two, of the first. */
      readonly depth: number;
      /** Two variables: index and item, or key and value. */
      readonly pairs?: boolean;
      readonly test?: Node;
      readonly step?: Node;
    }
);

export type Macro = 'all' | 'exists' | 'existsOne' | 'filterMap';
