/** Loaded before the program: every thread that it starts ends with SIGUSR2, as if it had broken. */
const RealWorker = Worker

globalThis.Worker = class extends RealWorker {
  constructor(...options: ConstructorParameters<typeof RealWorker>) {
    super(...options)
    process.on('SIGUSR2', () => this.terminate())
  }
}
