import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is: `GOATHERD_CHROMIUM`, else on PATH; undefined where there is none. */
function chromiumPath(): string | undefined {
  const given = process.env['GOATHERD_CHROMIUM'];
  if (given !== undefined) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** A browser of its own, without a window; null where none is installed. */
export async function launchChromium(): Promise<Browser | null> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) return null;
  // Root, as which containers run tests, may not use Chromium's sandbox.
  return chromium.launch({ executablePath, timeout: 180_000, chromiumSandbox: process.getuid?.() !== 0 });
}

export const chromiumMissing = 'no Chromium: apt-get install chromium, or GOATHERD_CHROMIUM=PATH';
