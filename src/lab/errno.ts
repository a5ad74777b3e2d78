/** Whether `error` is a system error with this name (`ENOENT`). */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
