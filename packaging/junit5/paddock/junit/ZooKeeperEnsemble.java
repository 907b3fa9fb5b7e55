package paddock.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests an {@link Ensemble} as a parameter. At a class: one for all its tests; at a test: one of its own. When a test fails, the last
 * lines of the servers' logs are shown with the failure.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(EnsembleExtension.class)
public @interface ZooKeeperEnsemble {
    /** Servers that vote; one alone is a standalone server. */
    int participants() default 3;

    /** Servers that serve reads and have no vote. */
    int observers() default 0;

    /** Lines of a zoo.cfg, such as {@code tickTime=200}. */
    String[] settings() default {};
}
