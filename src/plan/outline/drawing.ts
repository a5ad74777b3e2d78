import type { Observation } from '../../observe/model.ts';
import type { Connection, Link, Topology } from '../../topology/model.ts';
import type { Drawing } from '../model.ts';

export function drawingOf(topology: Topology, observation: Observation): Drawing {
  return {
    nodes: topology.databases
      .filter((database) => topology.links.some((link) => link.from === database.name || link.to === database.name))
      .map((database) => ({
        name: database.name,
        target: targetOf(database.connection),
        // Only a database that receives and sends has something to pass on.
        cascade:
          database.cascade &&
          topology.links.some((link) => link.to === database.name) &&
          topology.links.some((link) => link.from === database.name),
        reachable: observation.databases[database.name]?.reachable ?? false,
      })),
    edges: topology.links.map((link) => ({ id: link.id, from: link.from, to: link.to, label: labelOf(link) })),
  };
}

function targetOf(connection: Connection): string {
  const port = connection.port !== undefined && connection.port !== 5432 ? `:${connection.port}` : '';
  return `${connection.host ?? connection.service ?? 'localhost'}${port}/${connection.dbname ?? ''}`;
}

function labelOf(link: Link): string {
  return [
    `copy=${link.copyData}`,
    ...(link.disableKicking ? [] : ['kick']),
    ...(link.state === 'running' ? [] : [link.state]),
    ...(link.former === true ? ['to be removed'] : []),
  ].join(' ');
}
