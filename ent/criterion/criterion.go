// Package criterion decides criteria of programs: expressions of the Common Expression Language (CEL) over stated
// inputs, which are checked when they are written and bounded in cost when they run.
package criterion

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/carehub/carehub/ent/code"
)

// Input is a value that expressions may use.
type Input struct {
	Name        string
	Type        *cel.Type
	Description string
}

// Inputs are all that expressions may use. An input that is not known of a patient leaves the criterion undecided,
// where it matters.
var Inputs = []Input{
	{"age", cel.DoubleType, "age in years, with the part of the year that has passed"},
	{"sex", cel.StringType, "administrative sex: MALE, FEMALE, OTHER or UNKNOWN"},
	{"state", cel.StringType, "two letters of the state of residence"},
	{"conditions", cel.ListType(cel.StringType), "SNOMED CT codes of the conditions that are active"},
	{"treatments", cel.ListType(cel.StringType), "RxNorm codes of the treatments that are active"},
	{"insured", cel.BoolType, "whether an insurance policy is active today"},
	{"answer", cel.StringType, "what was answered to the criterion"},
}

// Facts are what is known of a patient, by the names of the inputs. What is missing is not known.
type Facts map[string]any

const (
	// maxCost bounds the run of an expression, in CEL's units: a comparison costs one.
	maxCost = 10_000
	// maxLength bounds its text, in characters.
	maxLength = 1000
)

var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{cel.StdLib(), cel.CrossTypeNumericComparisons(true), cel.ParserExpressionSizeLimit(maxLength)}
	for _, in := range Inputs {
		options = append(options, cel.Variable(in.Name, in.Type))
	}
	return cel.NewCustomEnv(options...)
})

// Check returns why the expression cannot decide a criterion: a word that is no input, types that do not fit, or
// a result that is neither true nor false.
func Check(expression string) error {
	_, err := compiled(expression)
	return err
}

func compiled(expression string) (cel.Program, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, fmt.Errorf("criterion: %w", issues.Err())
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("criterion: the expression gives %s, not true or false", ast.OutputType())
	}
	return env.Program(ast, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(maxCost))
}

// Decide says whether the criterion speaks for taking part: an inclusion that holds, an exclusion that does not. It
// is UNKNOWN where an input that matters is not known, or the expression fails on it (a text that is no number).
func Decide(kind code.CriterionKind, expression string, facts Facts) (code.AnswerResult, error) {
	program, err := compiled(expression)
	if err != nil {
		return code.AnswerResultUnknown, err
	}
	var unknown []*cel.AttributePatternType
	for _, in := range Inputs {
		if _, known := facts[in.Name]; !known {
			unknown = append(unknown, cel.AttributePattern(in.Name))
		}
	}
	known, err := cel.PartialVars(map[string]any(facts), unknown...)
	if err != nil {
		return code.AnswerResultUnknown, err
	}
	value, _, err := program.Eval(known)
	holds, decided := value.(types.Bool)
	switch {
	case err != nil || !decided:
		return code.AnswerResultUnknown, nil //nolint:nilerr // an expression that fails decides nothing
	case bool(holds) == (kind == code.CriterionKindInclusion):
		return code.AnswerResultMet, nil
	}
	return code.AnswerResultNotMet, nil
}
