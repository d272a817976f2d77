# ARGS is passed on: make run ARGS="--server.port 8502", make test ARGS="-k metrics"
# PYTHON chooses the interpreter for .venv (3.11 or newer): make run PYTHON=python3.12

.DEFAULT_GOAL := help
.PHONY: help run test check bench world clicks frontier ladder retrieval gallery lock

python := .venv/bin/python

# One thread for each library: more of them stall the page and spoil what is measured.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

help: ## show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

run: ## start the app; its address is printed
	@scripts/set_up.sh requirements.lock
	@$(python) -m streamlit run app.py $(ARGS)

test: ## pass all tests, those in a browser too
	@scripts/set_up.sh requirements-dev.lock --browser
	@SHORTLIST_TEST_PARTS=$$(mktemp -d) && export SHORTLIST_TEST_PARTS; \
	trap 'rm -rf "$$SHORTLIST_TEST_PARTS"' EXIT; \
	{ $(python) -m pytest -n 2 -m "not browser" $(ARGS) || [ $$? -eq 5 ]; } && \
	{ $(python) -m pytest -n 2 --dist loadfile -m browser $(ARGS) || [ $$? -eq 5 ]; }

check: ## lint, formatting, types and the fast tests
	@scripts/set_up.sh requirements-dev.lock
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy
	@$(python) -m pytest -m "not slow and not browser" $(ARGS)

bench: ## run all benchmarks; each prints its ratios
	@scripts/set_up.sh requirements-dev.lock
	@status=0; \
	for script in $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)); do \
		name=$$(basename $$script .py); \
		echo "== $$name"; \
		$(python) -m benchmarks.$$name $(ARGS) || status=1; \
	done; \
	exit $$status

world: ## make the sample world again
	@scripts/set_up.sh requirements.lock
	@$(python) -m sample_data.make $(ARGS)

clicks: ## make the sample click log again
	@scripts/set_up.sh requirements.lock
	@$(python) -m sample_data.make_clicks $(ARGS)

frontier: ## judge and time the designs of the frontier again, in about ten minutes
	@scripts/set_up.sh requirements.lock
	@$(python) -m sample_data.make_frontier $(ARGS)

ladder: ## fit, judge and time the ladder of rankers again, in a few minutes
	@scripts/set_up.sh requirements.lock
	@$(python) -m sample_data.make_ladder $(ARGS)

retrieval: ## judge the generators and measure the indexes again, in about a quarter of an hour
	@scripts/set_up.sh requirements.lock
	@$(python) -m sample_data.make_generators $(ARGS)
	@$(python) -m sample_data.make_indexes $(ARGS)

gallery: ## make the write-ups in docs/gallery again, in a few minutes (needs Chromium)
	@scripts/set_up.sh requirements.lock
	@$(python) -m engine gallery $(ARGS)

lock: ## choose the newest versions that the requirements allow (needs Python 3.11)
	@$${PYTHON:-python3} scripts/lock.py
