"""The only place that touches the inside of MiniStack, no public API: its version is pinned, each use is tested."""
