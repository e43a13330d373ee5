"""The framework: what a feature, an event, a refusal and a spec are. No I/O; readable in one sitting."""
