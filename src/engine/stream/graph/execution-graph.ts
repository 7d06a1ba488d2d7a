/** A job graph multiplied by parallelism (Flink's ExecutionGraph): what runs, where, and which subtask sends to which. */
import { computeKeyGroupRangeForOperatorIndex, type KeyGroupRange } from '../../state/key-group-range-assignment.js';
import type { JobEdge, JobGraph, JobVertex } from './job-graph.js';
import type { Partitioner } from './stream-graph.js';

/** One of the parallel instances of a chain. */
export interface ExecutionVertex {
  readonly vertex: JobVertex;
  /** From 0. */
  readonly subtask: number;
  /** The groups whose keys are its own; absent when nothing in it is keyed. */
  readonly keyGroups?: KeyGroupRange;
}

export interface ExecutionEdge {
  readonly from: ExecutionVertex;
  readonly to: ExecutionVertex;
  readonly ship: Partitioner['kind'];
}

/** Room for one subtask of each chain of a slot sharing group. */
export interface Slot {
  readonly group: string;
  readonly index: number;
  readonly subtasks: readonly ExecutionVertex[];
}

export interface ExecutionGraph {
  readonly vertices: readonly ExecutionVertex[];
  readonly edges: readonly ExecutionEdge[];
  readonly slots: readonly Slot[];
}

export function executionGraphOf({ vertices, edges }: JobGraph): ExecutionGraph {
  const subtasks = new Map(vertices.map((vertex) => [vertex, subtasksOf(vertex)]));
  const of = (vertex: JobVertex): readonly ExecutionVertex[] => subtasks.get(vertex) as readonly ExecutionVertex[];
  return {
    vertices: [...subtasks.values()].flat(),
    edges: edges.flatMap((edge) => edgesBetween(edge, of(edge.from), of(edge.to))),
    slots: slotsOf(vertices, of),
  };
}

function subtasksOf(vertex: JobVertex): ExecutionVertex[] {
  const { parallelism, maxParallelism } = vertex;
  const isKeyed = vertex.operators.some(({ inputs }) => inputs.some(({ key }) => key !== undefined));
  return Array.from({ length: parallelism }, (_, subtask) => ({
    vertex,
    subtask,
    ...(isKeyed && { keyGroups: computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, subtask) }),
  }));
}

function edgesBetween({ ship }: JobEdge, from: readonly ExecutionVertex[], to: readonly ExecutionVertex[]): ExecutionEdge[] {
  return from.flatMap((sender) =>
    targetsOf(ship, sender.subtask, from.length, to.length).map((target) => ({ from: sender, to: to[target], ship })),
  );
}

/** As many slots of each group as its widest chain has subtasks. */
function slotsOf(vertices: readonly JobVertex[], subtasks: (vertex: JobVertex) => readonly ExecutionVertex[]): Slot[] {
  const groups = new Set(vertices.map(({ slotSharingGroup }) => slotSharingGroup));
  return [...groups].flatMap((group) => {
    const members = vertices.filter(({ slotSharingGroup }) => slotSharingGroup === group);
    const slots = Math.max(...members.map(({ parallelism }) => parallelism));
    return Array.from({ length: slots }, (_, index) => ({
      group,
      index,
      subtasks: members.flatMap((member) => subtasks(member).filter(({ subtask }) => subtask === index)),
    }));
  });
}

/**
 * The subtasks that one of `parallelism` may send to, of `targets`: for `rescale` those that lie beside it, each target
 * having one sender or each sender one target (Flink's pointwise distribution).
 */
export function targetsOf(ship: Partitioner['kind'], subtask: number, parallelism: number, targets: number): readonly number[] {
  if (ship === 'global') return [0];
  if (ship === 'forward' && parallelism === targets) return [subtask];
  if (ship !== 'rescale') return range(0, targets);
  if (parallelism >= targets) {
    const target = range(0, targets).find((index) => subtask < Math.floor(((index + 1) * parallelism) / targets)) as number;
    return [target];
  }
  return range(Math.ceil((subtask * targets) / parallelism), Math.ceil(((subtask + 1) * targets) / parallelism));
}

/** From `from` to before `to`. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
