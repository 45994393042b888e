// Why a command ends badly, in lines for a person; whoever throws one has said all there is to say.

/** The command line or the environment is wrong: exit code 2. */
export class WrongUsage extends Error {}

/** The gateway refused, or something failed: exit code 1. The message is one line or several. */
export class Failed extends Error {}

/** A file is wrong: each line begins with its name, line and column, as editors and build logs know it. */
export class WrongFile extends Failed {}
