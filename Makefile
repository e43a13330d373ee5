# Few targets and no logic: longer things are `bf` commands.
.PHONY: run test campaign sim-long quick setup protos bench bench-compare hook lock

run: setup          ## a server with a demo tenant, and three commands to try
	.venv/bin/bf demo

test: setup         ## every gate and every test
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/basedpyright
	.venv/bin/lint-imports --no-logo
	.venv/bin/coverage run -m bf.cli.main test
	.venv/bin/coverage report --fail-under=100
	.venv/bin/pytest -n auto --dist loadfile

campaign: export BF_KILLS ?= 1000
campaign: export BF_CUTS ?= 5000
campaign: export BF_DAMAGES ?= 500
campaign: export BF_HYPOTHESIS ?= long
campaign: setup     ## the same dangers for longer: kills, power cuts, damage, random requests; BF_SEED=... for others
	.venv/bin/pytest tests/node tests/inventory

sim-long: setup     ## 100,000 seeds and more in which everything goes wrong; it may be interrupted, and goes on where it was
	.venv/bin/bf sim --scenario short --seeds 1..10000 --jobs 2 --resume data/sim-long.json --require-sometimes

quick: setup        ## what a git hook runs: format, lint, types, specs
	.venv/bin/ruff format
	.venv/bin/ruff check
	.venv/bin/basedpyright
	.venv/bin/bf test

bench: setup        ## speed: all benches, compared with the last record of this machine and recorded
	.venv/bin/python bench/run.py

bench-compare: setup ## speed of two commits, in turn: make bench-compare A=main B=HEAD, or: make bench-compare main HEAD floor
	.venv/bin/python bench/compare.py $(A) $(B) $(COMPARED)

ifeq (bench-compare,$(firstword $(MAKECMDGOALS)))
COMPARED = $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
.PHONY: $(COMPARED)
$(COMPARED):        # the words after bench-compare are its own, not targets
	@:
endif

setup: .venv/ready

protos: setup       ## generated code, after a change under proto/
	scripts/protos

hook:               ## run `make quick` before every commit
	ln -sf ../../scripts/pre-commit .git/hooks/pre-commit

lock: setup         ## requirements.lock, after a change of pyproject.toml
	scripts/lock

.venv/ready: requirements.lock pyproject.toml scripts/setup
	scripts/setup
