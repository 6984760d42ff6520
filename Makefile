# One command for each wish. Thin on purpose: the work is done by meson and by the scripts in tools/.
.PHONY: all run test asan tsan fuzz bench soak lint format clean help

all:
	@tools/bootstrap build
	@tools/build plain src/app/suhbat src/app/suhbat-pictures

# make run ARGS='--listen 127.0.0.1:9000'
run: all
	@exec build/suhbat serve --data data $(ARGS)

test:
	@tools/bootstrap build test
	@tools/build
	@tools/test

# The suites against a program that watches itself: memory and undefined behaviour; data races.
asan tsan:
	@tools/bootstrap build test
	@tools/build $@
	@tools/test --build build/$@ unit story

# make fuzz SECONDS=600
fuzz:
	@tools/bootstrap build test
	@tools/build fuzz
	@tools/fuzz $(SECONDS)

bench:
	@tools/bootstrap build test
	@tools/build
	@bench/run $(ARGS)

# The kill harness for hours: make soak ARGS='--hours 8'
soak:
	@tools/bootstrap build test
	@tools/build
	@tests/story/soak $(ARGS)

lint:
	@tools/bootstrap build test lint
	@tools/build
	@tools/lint

# Only the lines that differ from the last commit: tables laid out by hand stay as they are.
format:
	@tools/bootstrap lint
	@git clang-format --extensions c,h HEAD || true

clean:
	@rm -rf build web/dist

help:
	@sed -n 's/^\([a-z ]*\):.*/make \1/p' Makefile | grep -v help
