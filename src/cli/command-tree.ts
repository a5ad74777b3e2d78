import { Command, InvalidArgumentError, Option } from 'commander';
// Each action imports its command when it runs: help answers at once, and no command waits for what only another one needs.
import type { AcceptOptions } from './person/accept.ts';
import type { ApproveOptions } from './person/approve.ts';
import type { ControllerCliOptions } from './controller.ts';
import type { ExplainOptions } from './explain.ts';
import type { ImportOptions } from './import.ts';
import { addCompletion } from './completion/completion-commands.ts';
import { labCommand } from './lab.ts';
import type { LinkVerb, LinkVerbOptions } from './person/link-verb.ts';
import type { ReconcileOptions } from './reconcile/asked.ts';
import type { StatusOptions } from './status.ts';
import { toolVersion } from '../lib/version.ts';
import { parseDuration } from '../topology/durations.ts';

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError('a number from 1 to 65535 is wanted.');
  return number;
}

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError('an integer and ms, s, m, h or d is wanted, such as 30m.');
  return milliseconds;
}

/** A duration from now, or a time: epoch milliseconds. */
function moment(text: string): number {
  const from = parseDuration(text);
  const at = from === undefined ? Date.parse(text) : Date.now() + from;
  if (Number.isNaN(at) || at <= Date.now())
    throw new InvalidArgumentError('a duration such as 2h, or a time to come such as 2027-01-31T06:00:00Z, is wanted.');
  return at;
}

const LINK_VERBS: readonly (readonly [LinkVerb, string])[] = [
  ['start', 'start one link, and end its suspension'],
  ['stop', 'stop one link until it is started: a suspension that reconcile respects'],
  ['restart', 'end the daemon of one link and start another'],
  ['reload', 'let the daemon of one link read its facts anew'],
  ['kick', 'ask one link for a run now'],
];

/** What the command line gives of them: an option that may be repeated is left out where it was not given. */
type Given = Omit<ReconcileOptions, 'approve'> & Partial<Pick<ReconcileOptions, 'approve'>>;

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** The commands, their arguments and options. Each sets the exit code when it ends; what is wrong with the usage is thrown as `CommanderError`. */
export function commandTree(): Command {
  const root = new Command('goatherd')
    .description('GitOps for Bucardo: declare PostgreSQL replication topologies in YAML, read the plan, let it converge.')
    .version(toolVersion().version)
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride();
  root
    .command('validate')
    .description('check topology files, without any network')
    .argument('[path...]', 'files or directories (default: topologies/)')
    .exitOverride()
    .action(async (paths: string[]) => {
      const { validate } = await import('./validate.ts');
      process.exitCode = await validate(paths, {
        stdout: (text) => void process.stdout.write(text),
        stderr: (text) => void process.stderr.write(text),
      });
    });
  root
    .command('reconcile')
    .description('plan, act and wait until what is declared is so')
    .argument('[path...]', 'files or directories (default: topologies/)')
    .option('--dry-run', 'plan only; nothing is written anywhere')
    .addOption(new Option('--output <format>', 'what standard output gets').choices(['text', 'json', 'markdown']).default('text'))
    .option('--json-into <file>', 'also write the JSON document into a file')
    .option('--md-into <file>', 'also write the Markdown into a file')
    .option('--metrics-into <file>', 'at the end, look again and write what stands as Prometheus metrics into a file')
    .option('--out <file>', 'with --dry-run: save the plan, to be carried out with --plan')
    .option('--plan <file>', 'carry out exactly this saved plan, or refuse with 22 when facts that it used have moved')
    .option('--detailed-exitcode', '2 when something would change, 20 when something is blocked')
    .option('--timeout <duration>', 'end with 21 when it has not converged by then, such as 30m', duration)
    .option('--approve <id>', 'approve the destructive steps that the plan names by this id (repeatable)', collect)
    .option('--destroy <topology>', 'remove everything of a topology, as the ledger knows it; the dry run prints the id to approve')
    .addOption(
      new Option('--only <link>', 'only this link, such as orders/a-b (repeatable); refused where another must come before, which it names')
        .argParser((link: string, before: readonly string[] | undefined) => [...(before ?? []), link])
        .conflicts(['out', 'plan', 'destroy']),
    )
    .option('--verbose', 'reasons, hazards and facts of every step')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (paths: string[], options: Given, command: Command) => {
      if (options.out !== undefined && (options.dryRun !== true || options.plan !== undefined))
        command.error('error: --out saves the plan of a --dry-run, and not one that was saved before');
      const { reconcile } = await import('./reconcile/reconcile.ts');
      process.exitCode = await reconcile(paths, { ...command.optsWithGlobals(), ...options, approve: options.approve ?? [] });
    });
  root
    .command('approve')
    .description("write a person's word for the destructive steps that a plan names by this id into the ledger")
    .argument('<id>', 'the id that the plan prints, such as 52fe-9103')
    .argument('[path...]', 'files or directories (default: topologies/)')
    .option('--over-cap', 'also where the steps exceed the caps of this host')
    .option('--reason <text>', 'why, kept beside who and when')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (id: string, paths: string[], options: ApproveOptions, command: Command) => {
      const { approve } = await import('./person/approve.ts');
      process.exitCode = await approve(id, paths, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('controller')
    .description('the unattended loop: follows a directory or a git repository and keeps every topology in it converged')
    .argument('[path]', 'a directory or file (default: `source` of the host settings, then topologies/)')
    .addOption(
      new Option('--log-format <format>', 'lines for a person or for a collector (default: text on a terminal)').choices(['json', 'text']),
    )
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (path: string | undefined, options: ControllerCliOptions, command: Command) => {
      const { controller } = await import('./controller.ts');
      process.exitCode = await controller(path, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('status')
    .description('say what stands, link by link; nothing is written anywhere')
    .argument('[path...]', 'files or directories (default: topologies/)')
    .option('--json', 'one JSON document (schemas/status.schema.json)')
    .option('-w, --watch', 'again and again, until it is interrupted')
    .option('--wait <condition>', 'until this holds, such as Ready, orders/b-c:CopyComplete or Suspended=False')
    .option('--timeout <duration>', 'with --wait: end with 21 when it does not hold by then, such as 30m', duration)
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (paths: string[], options: StatusOptions, command: Command) => {
      const { status } = await import('./status.ts');
      process.exitCode = await status(paths, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('explain')
    .description('say why a topology or a link is not Ready, as a chain of causes; nothing is written anywhere')
    .argument('<address>', 'TOPOLOGY or TOPOLOGY/LINK, such as orders or orders/a-b')
    .option('--path <path>', 'the file or directory that declares it (default: topologies/)')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (address: string, options: ExplainOptions, command: Command) => {
      const { explain } = await import('./explain.ts');
      process.exitCode = await explain(address, { ...command.optsWithGlobals(), ...options });
    });
  for (const [verb, does] of LINK_VERBS)
    root
      .command(verb)
      .description(does)
      .argument('<link>', 'TOPOLOGY/LINK, such as orders/a-b')
      .option('--path <path>', 'the file or directory that declares it (default: topologies/)')
      .option('--reason <reason>', 'why, kept in the ledger')
      .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
      .exitOverride()
      .action(async (link: string, options: LinkVerbOptions, command: Command) => {
        const { linkVerb } = await import('./person/link-verb.ts');
        process.exitCode = await linkVerb(verb, link, { ...command.optsWithGlobals(), ...options });
      });
  root
    .command('suspend')
    .description('leave a topology or a link alone: it is observed, what runs goes on, and nothing is done about it')
    .argument('<address>', 'TOPOLOGY or TOPOLOGY/LINK, such as orders or orders/a-b')
    .option('--path <path>', 'the file or directory that declares it (default: topologies/)')
    .option('--until <when>', 'when it ends by itself: a duration such as 2h, or a time', moment)
    .requiredOption('--reason <reason>', 'why, kept in the ledger and shown')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (address: string, options: LinkVerbOptions, command: Command) => {
      const { linkVerb } = await import('./person/link-verb.ts');
      process.exitCode = await linkVerb('suspend', address, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('resume')
    .description('end a suspension')
    .argument('<address>', 'TOPOLOGY or TOPOLOGY/LINK, such as orders or orders/a-b')
    .option('--path <path>', 'the file or directory that declares it (default: topologies/)')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (address: string, options: LinkVerbOptions, command: Command) => {
      const { linkVerb } = await import('./person/link-verb.ts');
      process.exitCode = await linkVerb('resume', address, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('accept')
    .description('end Suspect, DatabaseReplaced or Contended: a person has seen that it is as it should be')
    .argument('<link>', 'TOPOLOGY/LINK, such as orders/a-b')
    .argument('[table...]', 'schema.table (default: every table that is doubted)')
    .option('--path <path>', 'the file or directory that declares it (default: as it was applied last)')
    .requiredOption('--reason <reason>', 'why, kept in the ledger')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (link: string, tables: string[], options: AcceptOptions, command: Command) => {
      const { accept } = await import('./person/accept.ts');
      process.exitCode = await accept(link, tables, { ...command.optsWithGlobals(), ...options });
    });
  root
    .command('import')
    .description('write the topology for what other hands made: a Bucardo installation, or configurations of bucardo_wrapper; reads only')
    .addOption(
      new Option('--from-bucardo <database...>', 'control databases on the hub; several become one topology').conflicts('fromWrapper'),
    )
    .option('--from-wrapper <file...>', 'configurations of emmadev/bucardo_wrapper; the cascade is found')
    .option('--topology <name>', 'the name of the topology (default: made from what is imported)')
    .option('--host <host>', 'another server than the hub, to read control databases from')
    .option('--port <port>', 'its port', port)
    .option('--user <role>', 'its role; the password by the passfile or PGPASSWORD')
    .option('--no-adopt', "with --from-wrapper: take the wrapper's configurations as wishes; nothing that stands is adopted")
    .option('--out <file>', 'write into this new file instead of standard output')
    .option('--config <file>', 'host settings (default: GOATHERD_CONFIG, then /etc/goatherd/goatherd.yaml)')
    .exitOverride()
    .action(async (options: ImportOptions, command: Command) => {
      if (options.fromBucardo === undefined && options.fromWrapper === undefined)
        command.error('error: --from-bucardo or --from-wrapper says what to import');
      const { importTopology } = await import('./import.ts');
      process.exitCode = await importTopology({ ...command.optsWithGlobals(), ...options });
    });
  root.addCommand(labCommand());
  addCompletion(root);
  return root;
}
