import { Component, type ReactNode, Suspense } from "react";
import { faultsOf } from "../../shared/fault.ts";
import { Faults } from "../../shared/view.tsx";

/** Relay throws an answer without data: this boundary shows the error instead of its children. */
export class Boundary extends Component<{ children: ReactNode; instead?(error: unknown): ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError = (error: unknown) => ({ error });
  override render() {
    const { children, instead = (error) => <Faults faults={faultsOf(error)} /> } = this.props;
    if (this.state.error === undefined) return <Suspense fallback="…">{children}</Suspense>;
    return (
      <>
        {instead(this.state.error)}
        <button onClick={() => this.setState({ error: undefined })}>Try again</button>
      </>
    );
  }
}
