// Loaded into a gateway's process before its own code: a fault that nobody planned for, whenever a test wants one.
process.on('SIGUSR2', () => { setImmediate(() => { throw new Error('a fault that nobody planned for') }) })
