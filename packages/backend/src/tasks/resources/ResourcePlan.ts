import { isRecord } from '../domain/fieldProblems';
import { type ResourceToken, showToken, tokenHint, tokenProblem } from '../domain/ResourceToken';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type ResourceDefinition } from './ResourceDefinition';

/** What a process is to start. */
export interface ResourcePlan {
  /** Everything wrong with the list, or missing in it, one sentence each. */
  readonly problems: readonly string[];
  /** In the order of their start: each after what it needs. */
  readonly definitions: readonly ResourceDefinition[];
}

interface ResourcePlanInput {
  readonly resources: unknown;
  /** The tasks that will run. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Whether to leave out what none of `tasks` declares. */
  readonly isSelective: boolean;
  /** Whether something else than a resource stands behind a token. */
  isProvided(token: ResourceToken): boolean;
}

/** A task has problems too, but no needs. */
const isDefinition = (entry: unknown): entry is ResourceDefinition =>
  isRecord(entry) && Array.isArray(entry['problems']) && Array.isArray(entry['needs']);

const declaredBy = ({ options }: TaskDefinition<unknown>): readonly ResourceToken[] =>
  options.resources ?? [];

/** Decides which resources are started, in which order. Pure. A list with problems is not to be started. */
export const planResources = ({
  resources,
  tasks,
  isSelective,
  isProvided,
}: ResourcePlanInput): ResourcePlan => {
  if (!Array.isArray(resources)) {
    return { problems: ['expected resources to be a list of what defineResource returns'], definitions: [] };
  }
  const problems = resources.flatMap(entryProblems);
  if (problems.length > 0) return { problems, definitions: [] };
  const listed: readonly ResourceDefinition[] = resources; // just checked
  const byToken = new Map(listed.map((resource) => [resource.token, resource]));
  const wanted = isSelective ? tasks.flatMap(declaredBy) : [...byToken.keys()];
  const { definitions, circles } = sortByNeeds(byToken, wanted);
  const isMissing = (token: ResourceToken): boolean => !byToken.has(token) && !isProvided(token);
  const toMissing = (who: string, token: ResourceToken): string =>
    `${who} needs the resource ${showToken(token)}, which is not in resources.${tokenHint(token, [...byToken.keys()])}`;
  return {
    problems: [
      ...duplicateProblems(listed),
      ...circles,
      ...(isSelective ? definitions : listed).flatMap(({ token, needs }) =>
        needs.filter(isMissing).map((need) => toMissing(`the resource ${showToken(token)}`, need)),
      ),
      ...tasks.flatMap((task) =>
        declaredBy(task)
          .filter(isMissing)
          .map((need) => toMissing(`the task ${task.queueName}`, need)),
      ),
    ],
    definitions,
  };
};

const entryProblems = (entry: unknown, index: number): string[] => {
  if (!isDefinition(entry)) return [`expected what defineResource returns (entry ${index + 1} of resources)`];
  const { problems, token } = entry;
  const isNamed = tokenProblem('token', token) === undefined;
  const name = isNamed ? `resource ${showToken(token)}` : `entry ${index + 1} of resources`;
  return problems.map((problem) => `${problem} (${name})`);
};

const duplicateProblems = (listed: readonly ResourceDefinition[]): string[] => {
  const tokens = listed.map(({ token }) => token);
  const repeated = tokens.filter((token, index) => tokens.indexOf(token) < index);
  return repeated.map((token) => `expected every token once in resources, got ${showToken(token)} again`);
};

/** Each after what it needs; those that are not asked for by anybody are left out. */
const sortByNeeds = (
  byToken: ReadonlyMap<ResourceToken, ResourceDefinition>,
  wanted: readonly ResourceToken[],
): { readonly definitions: readonly ResourceDefinition[]; readonly circles: readonly string[] } => {
  const definitions = new Set<ResourceDefinition>();
  const circles: string[] = [];
  const visit = (token: ResourceToken, path: readonly ResourceToken[]): void => {
    const resource = byToken.get(token);
    if (resource === undefined || definitions.has(resource)) return;
    if (path.includes(token)) {
      const circle = [...path.slice(path.indexOf(token)), token].map(showToken);
      circles.push(`expected resources without a circle of needs, got ${circle.join(' -> ')}`);
      return;
    }
    for (const need of resource.needs) visit(need, [...path, token]);
    definitions.add(resource);
  };
  for (const token of wanted) visit(token, []);
  return { definitions: [...definitions], circles };
};
